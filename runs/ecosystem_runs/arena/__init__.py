"""The arena: policies in the same worlds, their table, figures and report."""
