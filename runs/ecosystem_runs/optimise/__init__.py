"""Which policy is best: a search of policies' parameters, trial after trial, confirmed on other seeds."""
