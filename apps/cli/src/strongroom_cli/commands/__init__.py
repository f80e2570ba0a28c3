"""One module per command, imported when it is called. Each has one `command`."""
