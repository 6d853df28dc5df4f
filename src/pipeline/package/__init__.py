"""A recipe as a folder that takes a wave and gives probabilities, with its model card."""
