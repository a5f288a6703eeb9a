"""Every built-in environment keeps the rules; each broken one is told which it breaks, by name."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ecosystem.chunks import EVERYBODY
from ecosystem.environments import Environment, Setting
from ecosystem.relevance import DistanceRelevance
from ecosystem.strategy_sets import Ball
from ecosystem.testing import check_environment
from ecosystem_agents.inputs.checks import BadInput, whole


def build(rng, n_users=30):
    return Setting(
        users=rng.normal(size=(n_users, 2)),
        strategies=np.array([Ball().project(s) for s in rng.normal(size=(4, 2))]),
        relevance=DistanceRelevance(),
        strategy_sets=Ball(),
    )


SOUND = Environment("sound", "a test", build, 0.1, 2, 0.2, 10, 3, options={"n_users": 30})


def spoilt(**changes):
    """Return the sound environment with a builder whose setting is changed."""

    def spoil(rng, n_users=30):
        setting = build(rng, n_users)
        return replace(setting, **{name: value(rng, setting) for name, value in changes.items()})

    return replace(SOUND, build=spoil)


def test_a_sound_environment_passes():
    check_environment(SOUND)
    check_environment(SOUND, n_users=7)


@pytest.mark.parametrize("name", ["figure1", "synthetic"])
def test_built_in_environments_keep_the_rules(name):
    check_environment(name)


def test_options_are_the_parameters_of_build_unless_they_are_declared():
    plain = Environment("plain", "a test", lambda rng, n_users, spread=0.5, **more: None, 0.1, 2, 0.2, 10, 3)
    assert plain.options == {"n_users": None, "spread": 0.5}
    assert replace(SOUND, options={"n_users": 7}).options == {"n_users": 7}
    check_environment(replace(SOUND, options=None))


def test_synthetic_keeps_them_at_other_sizes():
    check_environment("synthetic", n_users=25, n_creators=3, dim=2)


def test_embeddings_keep_them(tmp_path):
    rng = np.random.default_rng(0)
    arrays = {
        "users": rng.normal(size=(40, 3)),
        "items": rng.normal(size=(25, 3)),
        "groups": np.arange(40) % 4,
    }
    np.savez(tmp_path / "mine.npz", **arrays)
    check_environment("embeddings", file=str(tmp_path / "mine.npz"), n_creators=5)


def test_static_items_user_mass_and_a_utility_are_checked_too():
    check_environment(
        spoilt(
            static_items=lambda rng, s: rng.normal(size=(3, 2)),
            user_mass=lambda rng, s: np.arange(len(s.users)) + 1.0,
            groups=lambda rng, s: np.arange(len(s.users)) % 3,
        )
    )
    check_environment(spoilt(utility=lambda rng, s: lambda users, points: users @ points.T))


@pytest.mark.parametrize(
    ("some_users", "seen"),
    [
        (lambda users, rows: users[: len(rows)], "users -?[0-9.]+ and"),  # others than those asked for
        (lambda users, rows: users, r"users shape \(30, 2\) and \(0, 2\)"),
    ],
)
def test_the_users_of_some_rows_are_those_of_the_whole_world(some_users, seen):
    def some(rng, n_users=30, rows=EVERYBODY):
        setting = build(rng)
        users = setting.users if rows == EVERYBODY else some_users(setting.users, rows)
        return replace(setting, users=users, n_users=30)

    broken = replace(SOUND, build=some, by_rows=True, options=None)
    assert broken.options == {"n_users": 30}
    with pytest.raises(BadInput, match=rf"breaks a rule: rows: build for range\(.* gave {seen}"):
        check_environment(broken)


COUNTER = iter(range(1000))


@pytest.mark.parametrize(
    ("broken", "rule"),
    [
        (replace(SOUND, beta=0.0), "bounds: beta is 0.0; it must be a number above 0"),
        (replace(SOUND, K=2.5), "bounds: K is 2.5"),
        (replace(SOUND, lbr_evaluation="maybe"), "bounds: lbr_evaluation is 'maybe'"),
        (replace(SOUND, options={}), "options: build takes n_users, which is not among the options"),
        (replace(SOUND, options={"n_users": 9}), "options: n_users is 9 among the options and 30 in build"),
        (replace(SOUND, options={"n_users": 30, "size": 1}), "options: size is an option"),
        (replace(SOUND, build=lambda: None), "options: build takes nothing"),
        (replace(SOUND, build=lambda rng, n_users=30: {}), "shape: build returned dict"),
        (replace(SOUND, build=lambda rng, n_users=30: 1 / 0), "no error: build raised ZeroDivisionError"),
        (spoilt(users=lambda rng, s: s.users[:, 0]), "shape: users must be an array with two axes"),
        (
            spoilt(users=lambda rng, s: s.users.tolist()),
            "shape: users must be an array with two axes, and is list",
        ),
        (spoilt(strategies=lambda rng, s: s.strategies[:, :1]), r"shape: strategies has shape \(4, 1\)"),
        (
            spoilt(users=lambda rng, s: s.users * np.nan),
            r"finite: users holds nan at \(0, 0\); .*remove or replace such rows",
        ),
        (spoilt(relevance=lambda rng, s: np.dot), "shape: relevance is"),
        (
            spoilt(strategies=lambda rng, s: s.strategies + 3),
            "bounds: creator 0 starts at .* outside its strategy set",
        ),
        (spoilt(strategy_sets=lambda rng, s: [Ball()]), "shape: there are 1 strategy sets for 4 creators"),
        (spoilt(strategy_sets=lambda rng, s: "ball"), "shape: a strategy set is str"),
        (spoilt(groups=lambda rng, s: np.full(30, 2)), "bounds: group 0 has no users"),
        (spoilt(groups=lambda rng, s: np.zeros(30)), "shape: groups has dtype float64"),
        (spoilt(groups=lambda rng, s: np.zeros(3, dtype=int)), r"shape: groups has shape \(3,\)"),
        (spoilt(user_mass=lambda rng, s: np.zeros(30)), "bounds: user_mass holds 0.0, and sums to 0.0"),
        (spoilt(static_items=lambda rng, s: np.zeros((2, 3))), r"shape: static_items has shape \(2, 3\)"),
        (spoilt(titles=lambda rng, s: ["a"]), "shape: there are 1 titles for 0 items"),
        (spoilt(users=lambda rng, s: np.random.normal(size=(30, 2))), "determinism: build drew from global"),  # noqa: NPY002
        (
            spoilt(users=lambda rng, s: np.random.default_rng().normal(size=(30, 2))),
            "determinism: build twice from the same generator state gave users",
        ),
        (
            spoilt(relevance=lambda rng, s: DistanceRelevance(scale=1.0 + next(COUNTER))),
            "determinism: build twice from the same generator state gave DistanceRelevance",
        ),
    ],
)
def test_a_broken_environment_is_told_which_rule(broken, rule):
    with pytest.raises(BadInput, match=f"^environment sound breaks a rule: {rule}") as error:
        check_environment(broken)
    assert "\n" not in str(error.value)


def test_what_an_environment_says_of_bad_input_is_passed_on():
    def refuses(rng, n_users=30):
        whole("n_users", n_users, at_least=50)

    with pytest.raises(
        BadInput, match=r"^environment sound: n_users is 30; it must be a whole number at least 50$"
    ):
        check_environment(replace(SOUND, build=refuses))


def test_a_utility_that_changes_its_mind_does_not_agree_with_itself():
    def fickle(rng, setting):
        return lambda users, points: np.full((len(users), len(points)), 1.0 + next(COUNTER))

    with pytest.raises(BadInput, match="environment sound breaks a rule: agreement: after"):
        check_environment(spoilt(utility=fickle))


def test_what_is_no_environment_is_refused_with_what_is_one(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text("from ecosystem.environments.figure1 import FIGURE1 as TOWNS\n\ndef two_towns(): ...\n")
    with pytest.raises(BadInput, match=r"did you mean .*mine\.py:TOWNS\?"):
        check_environment(f"{file}:two_towns")


def test_what_is_no_environment_is_refused():
    with pytest.raises(BadInput, match=r"no ecosystem\.environments\.Environment"):
        check_environment(build)


def test_an_environment_declares_all_that_a_run_needs():
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'n_groups'"):
        Environment("short", "a test", build, 0.1, 2, 0.2, 10)
