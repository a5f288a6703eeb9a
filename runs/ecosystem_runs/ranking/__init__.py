"""The ranking game from the command line, and its figures."""
