"""``python -m pipeline``: the same as ``ser``."""

from pipeline.cli import app

app(prog_name="ser")
