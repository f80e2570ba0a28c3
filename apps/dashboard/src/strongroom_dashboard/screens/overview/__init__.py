"""The overview: counts, reads, what needs attention, and the first steps of a new vault."""
