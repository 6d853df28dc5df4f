"""How a recording looks to a model: an image, or a row of numbers."""
