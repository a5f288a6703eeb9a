"""Many jobs: where they run, and how their results are kept so that nothing finished is lost."""
