"""What is being checked, and the line on a broken rule."""

from __future__ import annotations

import random
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ecosystem_agents.inputs.checks import BadInput


class BrokenRule(BadInput):
    """A rule that a plug-in breaks: one line that names it and the value seen."""


@dataclass(frozen=True)
class Subject:
    """A plug-in under test, such as "mechanism" "mine.py:Quota"."""

    kind: str
    name: str

    def require(self, kept: Any, rule: str, seen: str) -> None:
        """Raise the line that names a broken rule and what was seen, unless it is kept."""
        if not kept:
            raise BrokenRule(f"{self.kind} {self.name} breaks a rule: {rule}: {' '.join(seen.split())}")

    def call(self, what: str, function: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        """Return what a method of the plug-in returns; an error in it breaks the rule "no error".

        Bad input is no such error: what it says is meant for the user, and passed on.
        """
        try:
            return function(*arguments, **options)
        except BrokenRule:
            raise
        except BadInput as error:
            raise BrokenRule(f"{self.kind} {self.name}: {error}") from error
        except Exception as error:
            frames = traceback.extract_tb(error.__traceback__)
            line = (
                f" (line {frames[-1].lineno} of {frames[-1].filename.rpartition('/')[2]})" if frames else ""
            )
            text = " ".join(str(error).split())
            seen = f"{what} raised {type(error).__name__}: {text}{line}"
            raise BrokenRule(f"{self.kind} {self.name} breaks a rule: no error: {seen}") from error

    def kind_of(self, what: str, value: Any, wanted: type | tuple[type, ...], called: str) -> None:
        """Require that a value is of a class; `what` comes before that it is of, and `called` is the one wanted."""
        self.require(
            isinstance(value, wanted), "shape", f"{what} {type(value).__name__}; it must be {called}"
        )

    def equal(self, rule: str, what: str, a: Any, b: Any, fix: str = "") -> None:
        """Require that two values are equal to the bit; `what` comes before where they differ, `fix` after it."""
        if not same(a, b):
            self.require(False, rule, f"{what} {differs(a, b)}{fix}")

    def unchanged(self, what: str, before: dict[str, Any], after: dict[str, Any]) -> None:
        """Require that nothing handed to a method was changed by it."""
        for name, value in before.items():
            self.equal("mutation", f"{what} changed {name},", value, after[name])

    def array(self, what: str, value: Any, shape: tuple[int, ...], kinds: str = "fiu") -> np.ndarray:
        """Return `value`, which must be an array of that shape, of finite numbers."""
        called = {"fiu": "numbers", "iu": "whole numbers", "b": "booleans"}[kinds]
        self.require(
            isinstance(value, np.ndarray),
            "shape",
            f"{what} is {_shown(value)}; it must be an array of shape {shape}",
        )
        self.require(value.shape == shape, "shape", f"{what} has shape {value.shape}; it must have {shape}")
        self.require(
            value.dtype.kind in kinds, "shape", f"{what} has dtype {value.dtype}; it must hold {called}"
        )
        for at in np.argwhere(~np.isfinite(value))[:1]:
            where = tuple(int(k) for k in at)
            fix = ": remove or replace such rows" if value.ndim == 2 else ""
            self.require(
                False, "finite", f"{what} holds {value[where]} at {where}; every entry must be finite{fix}"
            )
        return np.asarray(value)

    def leaves_global_numbers_alone(self, what: str, function: Callable[..., Any], *arguments: Any) -> Any:
        """Call, and require that nobody drew from global random numbers: they are not of the run's seed."""
        before = _global_numbers()
        result = self.call(what, function, *arguments)
        after = _global_numbers()
        self.require(
            same(before, after),
            "determinism",
            f"{what} drew from global random numbers; draw from the generator it is given",
        )
        return result


def same(a: Any, b: Any) -> bool:
    """Whether two values are equal to the bit: numbers, texts, arrays, and tuples, lists and dicts of them."""
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        x, y = np.asarray(a), np.asarray(b)
        return x.shape == y.shape and x.dtype == y.dtype and x.tobytes() == y.tobytes()
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, (tuple, list)) and isinstance(b, (tuple, list)):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    return type(a) is type(b) and (a is b or bool(a == b) or (a != a and b != b))


def differs(a: Any, b: Any) -> str:
    """Return where two unequal values first differ, in words."""
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        if a.shape != b.shape:
            return f"shape {a.shape} and {b.shape}"
        at = tuple(int(k) for k in np.argwhere(~((a == b) | ((a != a) & (b != b))))[0])
        return f"{a[at]} and {b[at]} at {at if len(at) > 1 else at[0]}"
    return f"{_shown(a)} and {_shown(b)}"


def close(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether two arrays agree but for rounding: within 1e-9 of the largest value."""
    return bool(np.all(np.abs(a - b) <= 1e-9 * max(1.0, float(np.abs(b).max(initial=0.0)))))


def name_of(thing: Any) -> str:
    """Return what a plug-in is called in a message: its name, or its class's."""
    if isinstance(thing, str):
        return thing
    own = getattr(thing, "name", None)
    return own if isinstance(own, str) else getattr(thing, "__name__", type(thing).__name__)


def _global_numbers() -> tuple[Any, ...]:
    return np.array(random.getstate()[1]), np.random.get_state(legacy=False)["state"]  # noqa: NPY002


def _shown(value: Any) -> str:
    text = " ".join(repr(value).split())
    return text if len(text) <= 80 else text[:77] + "..."
