"""Messages between the team and the customer."""
