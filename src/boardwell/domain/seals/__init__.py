"""Seals under documents: the organisation's certificate, timestamps, and whether a sealed file is what it was."""
