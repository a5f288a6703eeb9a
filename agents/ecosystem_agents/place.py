"""Where agents stand in a plane, by Mesa's name for it: ``pos``."""

from __future__ import annotations

from typing import Any


def place_of(attribute: str) -> property:
    """Return ``pos`` as a property: the first two coordinates of that attribute, (d,), as floats; (x, 0.0) in a line.

    An agent that is given a ``pos`` of its own has that instead; None, which Mesa 3 gives each, is none.
    """

    def get(agent: Any) -> Any:
        if (own := getattr(agent, "_pos", None)) is not None:
            return own
        x, y = (*getattr(agent, attribute)[:2].tolist(), 0.0)[:2]
        return x, y

    return property(get, lambda agent, pos: setattr(agent, "_pos", pos), doc=f"Where `{attribute}` is.")
