"""Groups of ``ser`` commands, one module each."""
