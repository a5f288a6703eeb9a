"""Errors in what people wrote themselves are told in a line; this project's own keep their traceback."""

from __future__ import annotations

import numpy as np
import pytest

from ecosystem import CreatorEconomy
from ecosystem_agents.creator import Creator
from ecosystem_agents.inputs.checks import BadInput
from ecosystem_agents.inputs.plugin_calls import call
from ecosystem_agents.mechanisms import HMT, NoIntervention

SMALL = {"environment": "figure1", "horizon": 9, "rng": 0}
PLACE = r"\(.*test_plugin_calls.py, line \d+\)"


class Late:
    """Fails once weights are no longer 1."""

    def deploy(self, weights, beta, K, n_creators):
        if (weights != 1).any():
            raise KeyError("quota")
        return NoIntervention().deploy(weights, beta, K, n_creators)


class Stumbling(Creator):
    """Divides by what is 0 from the second step on."""

    def step(self):
        return 1 // (2 - self.model.steps)


class Nothing:
    """Deploys no terms."""

    def __init__(self, what):
        self.what = what

    def deploy(self, weights, beta, K, n_creators):
        return self.what


@pytest.mark.parametrize(
    ("change", "named", "cause"),
    [
        ({"mechanism": Late()}, f"mechanism Late failed in step 5: KeyError: 'quota' {PLACE}", KeyError),
        (
            {"rules": Stumbling},
            f"rules Stumbling failed in step 2: ZeroDivisionError: .* {PLACE}",
            ZeroDivisionError,
        ),
    ],
)
def test_an_error_in_a_plugin_is_told_in_a_line(change, named, cause):
    with pytest.raises(BadInput, match=named) as caught:
        CreatorEconomy(**SMALL, **change).run()
    assert isinstance(caught.value.__cause__, cause)


@pytest.mark.parametrize("what", [None, (1, 2), np.ones(3)])
def test_what_is_no_terms_is_named(what):
    with pytest.raises(
        BadInput, match=r"mechanism Nothing deployed .*; deploy must return ecosystem_agents.mechanisms.Terms"
    ):
        CreatorEconomy(**SMALL, mechanism=Nothing(what))


def test_own_errors_and_bad_input_pass():
    def fail(error):
        raise error

    with pytest.raises(ZeroDivisionError):
        call("mechanism", HMT(), 0, fail, ZeroDivisionError())
    with pytest.raises(BadInput, match=r"^as it is$"):
        call("mechanism", Late(), 0, fail, BadInput("as it is"))
    assert call("mechanism", Late(), 0, len, "abc") == 3
