"""Settings all tests share."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# The first example of a compiled function may compile it; no deadline could be fair.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")
