"""The training loop, augmentation, initial weights, the runs of a recipe and their embeddings."""
