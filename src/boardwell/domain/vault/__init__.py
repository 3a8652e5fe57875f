"""Files and their hashes."""
