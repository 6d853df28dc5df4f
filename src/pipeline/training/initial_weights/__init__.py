"""The weights that a training begins from: drawn, of another recipe, or of ImageNet."""
