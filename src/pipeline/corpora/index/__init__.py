"""Listening to every clip of a dataset: its table, its defects."""
