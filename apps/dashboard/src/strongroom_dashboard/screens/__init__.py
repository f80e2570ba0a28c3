"""One folder per screen, with its data (`state`), its layout (`page`) and its dialogs."""
