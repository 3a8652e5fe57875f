"""Reads journeys, already narrowed to what the reader may see."""
