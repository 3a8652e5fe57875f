"""What happened, chained so that a change cannot hide."""
