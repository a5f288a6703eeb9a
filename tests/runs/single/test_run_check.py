"""What a run will cost is tried without the plug-ins that take part in it: they may keep count, or write."""

from __future__ import annotations

import numpy as np
import pytest

from ecosystem import CreatorEconomy
from ecosystem.economy.parameters import DEFAULTS
from ecosystem.environments import environment_of
from ecosystem_agents.inputs.checks import BadInput
from ecosystem_runs.single.check import checked

RULE = """
from ecosystem.plugins import Creator

class Once(Creator):
    def step(self):
        raise RuntimeError("it was asked")
"""


def test_a_rule_of_a_file_is_not_asked_before_the_run(tmp_path):
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "mine.npz", users=rng.standard_normal((30, 3)), items=rng.standard_normal((40, 3)))
    (tmp_path / "once.py").write_text(RULE)
    given = {"file": str(tmp_path / "mine.npz"), "n_creators": 8, "K": 4, "rules": f"{tmp_path}/once.py:Once"}
    given |= {"environment": "embeddings", "rng": 0, "horizon": 10}
    options = environment_of("embeddings").options
    found = checked({**DEFAULTS, **options, **given})
    assert found.seconds == pytest.approx(10 * found.step_seconds)
    assert found.step_seconds > 0
    with pytest.raises(BadInput, match="it was asked"):
        CreatorEconomy(**given).step()
