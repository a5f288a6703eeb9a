"""The publishers' ranking game: exact play, its theory, and its Mesa model."""
