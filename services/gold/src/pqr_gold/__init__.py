"""Gold: the figures, one mart per SQL file."""
