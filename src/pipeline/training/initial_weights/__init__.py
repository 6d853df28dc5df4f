"""The weights that a training begins from."""
