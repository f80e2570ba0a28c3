"""The one migration history, oldest first. A released migration is never edited."""
