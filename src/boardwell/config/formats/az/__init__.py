"""How days are written in `ms`."""
