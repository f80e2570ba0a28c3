"""The parts of the gallery, by topic."""
