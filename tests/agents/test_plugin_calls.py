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


class Fickle:
    """Says who stays as `how` has it, with numbers `back` and `smoothing`."""

    def __init__(self, how=np.ones_like, **numbers):
        self.how = how
        vars(self).update({"back": 0.5, "smoothing": 1.0} | numbers)

    def stays(self, smoothed):
        return self.how(smoothed)


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
        (
            {"retention": Fickle(lambda smoothed: {}["loyal"])},
            f"retention Fickle failed in step 1: KeyError: 'loyal' {PLACE}",
            KeyError,
        ),
    ],
)
def test_an_error_in_a_plugin_is_told_in_a_line(change, named, cause):
    with pytest.raises(BadInput, match=named) as caught:
        CreatorEconomy(**SMALL, **change).run()
    assert isinstance(caught.value.__cause__, cause)


@pytest.mark.parametrize(
    ("rule", "named"),
    [
        (
            Fickle(lambda smoothed: smoothed[1:]),
            r"Fickle returned .* of shape \(4,\); .* for each of 5 users",
        ),
        (
            Fickle(lambda smoothed: smoothed + 1),
            r"Fickle returned 1\..* to .*; it must return a chance in \[0, 1\]",
        ),
        (Fickle(lambda smoothed: smoothed * np.nan), "Fickle returned nan to nan"),
        (Fickle(back=None), "back of retention Fickle is None"),
        (
            Fickle(smoothing=0),
            "smoothing of retention Fickle is 0; it must be a number above 0 and at most 1",
        ),
    ],
)
def test_what_a_retention_answers_is_checked(rule, named):
    with pytest.raises(BadInput, match=named):
        CreatorEconomy(**SMALL, retention=rule).run()


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
