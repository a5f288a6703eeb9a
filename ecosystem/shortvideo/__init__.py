"""A simulated short-video platform for A/B tests: who is there, what is made, how days pass (Section 5.2)."""
