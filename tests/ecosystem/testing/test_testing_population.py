"""Built-in rules of turnover and retention keep the rules; each broken one is told which it breaks, by name."""

from __future__ import annotations

import numpy as np
import pytest

from ecosystem.retention import RETENTIONS
from ecosystem.testing import check_plugin, check_retention, check_turnover
from ecosystem.turnover import TURNOVERS
from ecosystem_agents.inputs.checks import BadInput


@pytest.mark.parametrize("name", TURNOVERS)
def test_built_in_turnovers_keep_the_rules(name):
    check_turnover(name)


@pytest.mark.parametrize("name", RETENTIONS)
def test_built_in_retentions_keep_the_rules(name):
    check_retention(name)


class Leaving:
    """Nobody leaves, for others to spoil."""

    calls = 0

    def exits(self, step, horizon, pay, memory):
        return pay < 0


class OneForAll(Leaving):
    def exits(self, step, horizon, pay, memory):
        return False


class Numbers(Leaving):
    def exits(self, step, horizon, pay, memory):
        return pay


class Spends(Leaving):
    def exits(self, step, horizon, pay, memory):
        pay -= 1
        return pay < -2


class Forgets(Leaving):
    def exits(self, step, horizon, pay, memory):
        with np.errstate(all="ignore"):
            memory /= 0
        return pay < 0


class Counts(Leaving):
    def exits(self, step, horizon, pay, memory):
        self.calls += 1
        return pay < self.calls / 50


class Rolls(Leaving):
    def exits(self, step, horizon, pay, memory):
        return pay < np.random.random()  # noqa: NPY002


@pytest.mark.parametrize(
    ("rule", "broken"),
    [
        (OneForAll, "shape: exits is False"),
        (Numbers, "shape: exits has dtype float64; it must hold booleans"),
        (Spends, "mutation: exits changed pay"),
        (Forgets, "finite: memory holds"),
        (Counts, "determinism: exits twice"),
        (Rolls, "determinism: exits drew from global"),
    ],
)
def test_a_broken_turnover_is_told(rule, broken):
    with pytest.raises(BadInput, match=f"turnover {rule.__name__} breaks a rule: {broken}"):
        check_turnover(rule())


class Staying:
    """All stay, for others to spoil."""

    smoothing, back, calls = 0.5, 1.0, 0

    def stays(self, smoothed):
        return np.ones(len(smoothed))


class Sure(Staying):
    def stays(self, smoothed):
        return np.full(len(smoothed), 1.01)


class Alone(Staying):
    def stays(self, smoothed):
        return 0.5


class Clips(Staying):
    def stays(self, smoothed):
        return np.clip(smoothed, 0, 1, out=smoothed)


class Tires(Staying):
    def stays(self, smoothed):
        self.calls += 1
        return np.full(len(smoothed), 1 / self.calls)


class Compares(Staying):
    def stays(self, smoothed):
        return (smoothed >= smoothed.mean()) * 1.0


@pytest.mark.parametrize(
    ("rule", "broken"),
    [
        (Sure, r"bounds: stays gave 1.01"),
        (Alone, "shape: stays is 0.5"),
        (Clips, "mutation: stays changed smoothed"),
        (Tires, "determinism: stays twice"),
        (Compares, "user by user: without others"),
    ],
)
def test_a_broken_retention_is_told(rule, broken):
    with pytest.raises(BadInput, match=f"retention {rule.__name__} breaks a rule: {broken}"):
        check_retention(rule())


def test_files_and_built_in_names_with_arguments_are_of_their_kind(tmp_path):
    (tmp_path / "mine.py").write_text(
        "import numpy as np\nfrom ecosystem.plugins import Retention, Turnover\n\n"
        "class Go(Turnover):\n    def exits(self, step, horizon, pay, memory):\n        return pay < 0.1\n\n"
        "class Stay(Retention):\n    smoothing, back = 1.0, 1.0\n\n"
        "    def stays(self, smoothed):\n        return np.ones(len(smoothed))\n"
    )
    kinds = {"Go": "turnover", "Stay": "retention"}
    assert {name: check_plugin(f"{tmp_path}/mine.py:{name}") for name in kinds} == kinds
    assert check_plugin("least_paid(every=2)") == "turnover"
