"""Which parameter matters: global sensitivity of what runs come to, on the kept jobs of sweeps."""
