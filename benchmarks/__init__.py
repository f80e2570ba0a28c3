"""What is measured and printed, never asserted: `just bench NAME`."""
