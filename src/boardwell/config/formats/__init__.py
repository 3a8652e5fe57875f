"""How each language writes a day, where it differs from Django's own."""
