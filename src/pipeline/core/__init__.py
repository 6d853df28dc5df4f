"""What every room stands on: errors, paths, atomic writes, code hashes, the machine."""
