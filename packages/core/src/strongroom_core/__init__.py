"""The domain logic of Strongroom. Independent of HTTP, queue and user interface."""
