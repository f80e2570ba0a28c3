"""The screen of shares."""
