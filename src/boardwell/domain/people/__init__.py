"""Who signs in: persons, members and their roles, API keys."""
