"""Outputs of a small recipe, to record in MLflow."""
