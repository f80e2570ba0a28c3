"""What each screen knows: one state each, filled from the URL by the use cases of core."""
