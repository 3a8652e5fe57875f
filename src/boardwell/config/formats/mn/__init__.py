"""How days are written in `mn`."""
