"""Sweeps: plans, their runs in a folder, and what they found."""
