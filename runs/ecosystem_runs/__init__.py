"""What people run: the command line, the papers' experiments, sweeps and reports."""
