"""Where agents stand in a plane, by the name that Mesa and whoever draws agents have for it: ``pos``."""

from __future__ import annotations

from typing import Any


def place_of(attribute: str) -> property:
    """Return ``pos`` for agents whose place in the world is that attribute, (d,): its first two coordinates.

    A pair of floats, (x, 0.0) where d is 1. An agent that is given a ``pos`` of its own has that instead.
    """

    def get(agent: Any) -> Any:
        if (own := getattr(agent, "_pos", None)) is not None:
            return own
        x, y = (*getattr(agent, attribute)[:2].tolist(), 0.0)[:2]
        return x, y

    def put(agent: Any, pos: Any) -> None:  # with None by Mesa 3 itself, as the agent is made
        agent._pos = pos

    return property(get, put, doc=f"First two coordinates of `{attribute}`, or what was put here.")
