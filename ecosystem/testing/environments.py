"""The rules of an environment: a sound start, made of nothing but the generator it is given."""

from __future__ import annotations

import inspect
from functools import partial
from typing import Any

import numpy as np

from ecosystem.economy.parameters import Parameters
from ecosystem.environments import Environment, Setting, environment_of
from ecosystem.market import Market
from ecosystem.relevance import DistanceRelevance, DotRelevance
from ecosystem.strategy_sets import Ball, Catalogue, FreeSpace, Nearby
from ecosystem.testing.agreement import check_agreement
from ecosystem.testing.subject import Subject, close, name_of, same
from ecosystem_agents.inputs.checks import BadInput, whole

ARRAYS = ("users", "strategies", "groups", "user_mass", "static_items")
SETS = (FreeSpace, Ball, Nearby, Catalogue)


def check_environment(environment: str | Environment, **options: Any) -> None:
    """Check that an environment keeps the rules; the name of the broken one comes first in the line raised.

    Parameters
    ----------
    environment : str or Environment
    **options
        Its options, where the defaults will not do.

    Raises
    ------
    BadInput
        "bounds": a default is out of range, or a creator starts outside its strategy set. "options": they are not
        those that `build` takes. "shape", "finite": the parts of the `Setting` do not fit together. "determinism":
        the same generator state gave another start. "rows": built for some of its users, it is another world.
        "agreement": in this world utilities kept up to date differ from those computed from scratch.

    Examples
    --------
    >>> check_environment("figure1")  # keeps every rule
    """
    subject, spec = Subject("environment", name_of(environment)), environment_of(environment)
    try:
        Parameters().in_force(spec)
        whole("n_groups", spec.n_groups, at_least=1)
    except BadInput as error:
        subject.require(False, "bounds", str(error))
    _options(subject, spec)
    build = partial(spec.build, **options)
    first, second = (
        subject.leaves_global_numbers_alone("build", build, np.random.default_rng(13)) for _ in range(2)
    )
    _sound(subject, first)
    _sound(subject, second)
    for name in ARRAYS:
        what = f"build twice from the same generator state gave {name}"
        a, b = getattr(first, name), getattr(second, name)
        subject.equal("determinism", what, a, b, "; draw from that generator")
    subject.require(
        repr(first.relevance) == repr(second.relevance),
        "determinism",
        f"build twice from the same generator state gave {first.relevance!r} and {second.relevance!r}",
    )
    if spec.by_rows:
        _rows(subject, partial(spec.build_rows, **options), first)
    market = subject.call(
        "a market of this world",
        Market,
        first.users,
        first.strategies,
        first.relevance,
        beta=spec.beta,
        K=spec.K,
        user_mass=first.user_mass,
        utility=first.utility,
        static_items=first.static_items,
    )
    check_agreement(subject, market, first.strategy_sets, static_items=first.static_items)


def _rows(subject: Subject, build_rows: Any, whole: Setting) -> None:
    try:
        build_rows(np.random.default_rng(13), range(0))
    except BadInput:
        return  # such as for a file of a kind that cannot be read by rows
    m = len(whole.users)
    for rows in (range(0), range(m // 2), range(m // 2, m)):
        some = subject.call("build for some users", build_rows, np.random.default_rng(13), rows)
        for name in ARRAYS:
            expected = getattr(whole, name)
            if name in ("users", "groups", "user_mass") and expected is not None:
                expected = expected[rows.start : rows.stop]
            what = f"build for {rows} of {m} users gave {name}"
            subject.equal("rows", what, getattr(some, name), expected, "; draw all, keep those rows")
        same_world = repr(some.relevance) == repr(whole.relevance) and some.n_users == m
        told = (
            f"build for {rows} gave n_users {some.n_users} and {some.relevance!r}; it must be {m}, as for all"
        )
        subject.require(same_world, "rows", told)


def _options(subject: Subject, spec: Environment) -> None:
    parameters = list(inspect.signature(spec.build).parameters.values())
    subject.require(parameters, "options", "build takes nothing; its first argument is the random generator")
    named = spec.parameters()
    takes_all = any(p.kind is p.VAR_KEYWORD for p in parameters)
    for name in spec.options:
        unused = f"{name} is an option, and build does not take it"
        subject.require(name in named or takes_all, "options", unused)
    for name, parameter in named.items():
        missing = f"build takes {name}, which is not among the options {list(spec.options)}"
        subject.require(name in spec.options, "options", missing)
        own, declared = parameter.default, spec.options[name]
        unequal = f"{name} is {declared!r} among the options and {own!r} in build"
        subject.require(own is parameter.empty or same(own, declared), "options", unequal)


def _sound(subject: Subject, setting: Any) -> None:
    subject.kind_of("build returned", setting, Setting, "ecosystem.environments.Setting")
    for name in ("users", "strategies"):
        value = getattr(setting, name)
        two = isinstance(value, np.ndarray) and value.ndim == 2 and value.size > 0
        subject.require(two, "shape", f"{name} must be an array with two axes, and is {_shape(value)}")
    m, d = setting.users.shape
    n = len(setting.strategies)
    subject.array("users", setting.users, (m, d))
    subject.array("strategies", setting.strategies, (n, d))
    relevances = (DistanceRelevance, DotRelevance)
    subject.kind_of("relevance is", setting.relevance, relevances, "a DistanceRelevance or a DotRelevance")
    if setting.groups is not None:
        groups = subject.array("groups", setting.groups, (m,), "iu")
        missing = sorted(set(range(int(groups.max()) + 1)) - set(groups.tolist()))
        numbered = f"groups holds {groups.min()}; groups are numbered from 0"
        subject.require(groups.min() >= 0, "bounds", numbered)
        subject.require(not missing, "bounds", f"group {missing[0] if missing else ''} has no users")
    if setting.user_mass is not None:
        mass = subject.array("user_mass", setting.user_mass, (m,))
        sums = f"user_mass holds {mass.min()}, and sums to {mass.sum()}"
        subject.require((mass >= 0).all() and mass.sum() > 0, "bounds", sums)
    if setting.static_items is not None:
        subject.array("static_items", setting.static_items, (len(setting.static_items), d))
    if setting.titles is not None:
        items = 0 if setting.catalogue is None else len(setting.catalogue.items)
        counts = f"there are {len(setting.titles)} titles for {items} items of the catalogue"
        subject.require(len(setting.titles) == items, "shape", counts)
    _sets(subject, setting)


def _sets(subject: Subject, setting: Setting) -> None:
    sets = setting.strategy_sets
    if isinstance(sets, list):
        n = len(setting.strategies)
        subject.require(len(sets) == n, "shape", f"there are {len(sets)} strategy sets for {n} creators")
    for i, start in enumerate(setting.strategies):
        own = sets[i] if isinstance(sets, list) else sets
        subject.kind_of("a strategy set is", own, SETS, "a FreeSpace, Ball, Nearby or Catalogue")
        where = f"creator {i} starts at {start}, outside its strategy set; project it"
        subject.require(close(start, own.project(start)), "bounds", where)


def _shape(value: Any) -> str:
    return f"of shape {value.shape}" if isinstance(value, np.ndarray) else type(value).__name__
