"""Acknowledgements, and envelopes of documents that several people sign."""
