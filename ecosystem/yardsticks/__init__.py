"""What runs are measured against: final figures, intervals, exploitability, the planner, the theorems."""
