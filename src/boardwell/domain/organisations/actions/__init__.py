"""The verbs of organisations."""
