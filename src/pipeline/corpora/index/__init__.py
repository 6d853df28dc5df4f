"""Every clip of a dataset decoded once: its table, its defects."""
