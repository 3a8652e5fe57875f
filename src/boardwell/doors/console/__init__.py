"""The boardwell command line."""
