"""The parameters of the model, said once."""

from __future__ import annotations

import inspect
from dataclasses import FrozenInstanceError, fields

import numpy as np
import pytest

from ecosystem import CreatorEconomy, Parameters
from ecosystem.economy.parameters import CHECKS, CHOICES, DEFAULTS, LEFT_TO_ENVIRONMENT, described
from ecosystem.economy.reporting import ADDED
from ecosystem.environments import ENVIRONMENTS
from ecosystem_agents.inputs.checks import BadInput


def test_the_model_takes_these_parameters_with_these_defaults_and_types():
    beside = {"seed", "shards", "scheduler", *ADDED}  # what changes no result
    parameters = inspect.signature(CreatorEconomy).parameters.values()
    taken = [p for p in parameters if p.kind is p.KEYWORD_ONLY and p.name not in beside]
    assert [(p.name, p.default, p.annotation) for p in taken] == [
        (field.name, field.default, field.type) for field in fields(Parameters)
    ]


def test_every_parameter_is_documented_in_the_order_of_the_fields():
    assert list(described(Parameters)) == list(DEFAULTS)
    for name, words in CHOICES.items():
        assert described(Parameters)[name][0].removesuffix(", optional") == (
            "{" + ", ".join(f'"{word}"' for word in words) + "}"
        )


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"alpha": -1}, "alpha is -1"),
        ({"K": 0}, "K is 0; it must be a whole number at least 1"),
        ({"n_groups": 0}, "n_groups is 0"),
        ({"w_min": 5, "w_max": 0.2}, "swap them"),
        ({"order": "none"}, "order is 'none'"),
        ({"alpha": None}, "alpha is None"),
        ({"trajectory": 2}, "trajectory is 2"),
        ({"user_agents": "no"}, "user_agents is 'no'; it must be true or false"),
    ],
)
def test_they_are_checked_when_they_are_made(given, named):
    with pytest.raises(BadInput, match=named):
        Parameters(**given)


def test_they_do_not_change():
    with pytest.raises(FrozenInstanceError):
        Parameters().alpha = 1.0


def test_none_means_the_value_of_the_environment_and_values_come_out_plain():
    spec = ENVIRONMENTS["movielens"]
    own = Parameters().in_force(spec)
    assert list(own) == list(CHECKS)
    assert all(own[name] == getattr(spec, name) for name in LEFT_TO_ENVIRONMENT if name in own)
    given = Parameters(K=np.int64(3), eta=1, one_by_one="true").in_force(spec)
    assert [type(given[name]) for name in ("K", "eta", "one_by_one")] == [int, float, bool]
    assert (given["K"], given["eta"], given["one_by_one"], given["beta"]) == (3, 1.0, True, 0.1)
