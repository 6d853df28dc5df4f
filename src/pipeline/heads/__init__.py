"""What classifies embeddings; one module per family, found by name in the registry."""
