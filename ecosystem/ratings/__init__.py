"""From ratings to embeddings: read a rating table, train on it, keep what was trained.

`table` and `grouplens` read, `training` fits and cross-validates, `prepared` keeps what was trained in the
user's cache.
"""
