"""One run: made and run, its folder, its figure."""
