"""How days are written in `az`."""
