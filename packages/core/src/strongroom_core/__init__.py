"""The domain of Strongroom. It knows no HTTP, no queue and no user interface."""
