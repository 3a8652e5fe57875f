"""The published face: all that a capability may import from the house."""
