"""A package over HTTP, and the page."""
