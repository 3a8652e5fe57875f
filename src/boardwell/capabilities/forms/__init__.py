"""Forms whose answers become facts."""
