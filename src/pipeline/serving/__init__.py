"""From a cooked recipe to answers: the package, its exports, and whoever asks it."""
