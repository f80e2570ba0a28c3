"""The parts of the gallery, by subject."""
