"""Published figures against measured ones, and what recorded figures are held to."""
