"""Where people and programs come in; doors decide nothing."""
