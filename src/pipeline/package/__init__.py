"""A recipe as a folder: a recording in, probabilities out."""
