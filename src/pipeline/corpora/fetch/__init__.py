"""Bringing the recordings of a corpus to this machine: the only room that uses the network."""
