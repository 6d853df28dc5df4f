"""The demo corpus: synthetic speech that this package makes itself."""
