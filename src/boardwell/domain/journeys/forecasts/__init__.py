"""How long it still takes: learning from what has finished and from what has not, as ranges that hold what they promise."""
