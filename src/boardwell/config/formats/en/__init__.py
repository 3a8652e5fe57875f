"""How days are written in `en`."""
