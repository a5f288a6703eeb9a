"""Arms run in the same worlds, paired by seed: what the arena and the replication have in common."""
