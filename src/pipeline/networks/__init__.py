"""What learns from a view; one module per family, found by name in the registry."""
