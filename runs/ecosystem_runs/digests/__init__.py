"""What decided the numbers: digests of inputs and of code, and hashes of what a run began and ended with."""
