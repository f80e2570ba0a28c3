"""Building blocks for tests of Strongroom, and of programs that integrate with it."""
