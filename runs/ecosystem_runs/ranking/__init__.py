"""Corpus enrichment: the publishers' game from the command line, and its figures."""
