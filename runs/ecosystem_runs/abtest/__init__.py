"""The online experiment (Section 5.2): run, read out, compared, reported."""
