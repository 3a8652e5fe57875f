"""Acknowledgements of documents."""
