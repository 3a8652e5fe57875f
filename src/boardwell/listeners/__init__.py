"""What hears that something happened; nothing waits for it."""
