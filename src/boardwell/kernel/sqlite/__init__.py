"""SQLite whose writers within this process take turns, in the order in which they came, and may share a flush."""
