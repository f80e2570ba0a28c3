"""The database checks of `strongroom-server doctor`."""
