"""Pages of signing in that allauth does not have."""
