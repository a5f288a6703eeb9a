"""The paper's claims and Figures 2 and 3: readings, verdicts, yardsticks, report."""
