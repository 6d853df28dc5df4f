"""The DVC graph from outside: which file a stage lies in, and running it after a killed run."""
