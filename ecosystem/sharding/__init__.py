"""Users of one world in one place or several: shards of whole tiles, and what is asked of all of them."""
