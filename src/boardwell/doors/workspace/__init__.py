"""The team that onboards."""
