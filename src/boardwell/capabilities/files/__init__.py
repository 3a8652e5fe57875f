"""Requests for files."""
