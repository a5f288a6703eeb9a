"""Where a run starts: users, creators, relevance and strategy sets, by name."""
