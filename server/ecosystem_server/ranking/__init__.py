"""The page of the ranking game."""
