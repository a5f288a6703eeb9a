"""The page's address as text: its items, and the whole numbers in it, before a page makes sense of them.

What a page makes of its items stands in the ``from_query`` of its ``setting``: `live.setting`,
`ranking.setting` and `arena.setting`, each beside the ``to_query`` that writes them.

No item can name a file of the serving machine: a page takes parameters that it knows, and those that name files are
refused aloud, so that nobody waits for a world that is not coming.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from difflib import get_close_matches
from typing import Any
from urllib.parse import parse_qsl

from ecosystem_agents.inputs.checks import BadInput

FILE_PARAMETERS = ("path", "name", "file", "items", "groups", "initial")
"""Options of environments that name files, or what was kept of them; `ecosystem run` takes them, a page does not."""
MOST_ITEMS = 100
ADDED = ("solara", "modelid")
"""How items begin that the server's own library adds to an address; no page looks at them."""


def items_of(query: str | None) -> dict[str, str]:
    """Return what an address says, by name.

    Raises
    ------
    BadInput
        If it says too much, or names a file.
    """
    try:
        items = dict(parse_qsl(query or "", max_num_fields=MOST_ITEMS, keep_blank_values=True))
    except ValueError:
        raise BadInput(f"the link has more than {MOST_ITEMS} items; copy it anew with Link") from None
    for name in items:
        refuse_file(name)
    return items


def refuse_unknown(items: Mapping[str, Any], known: Collection[str]) -> None:
    """Refuse items that a page knows nothing of, so that no link shows another world than its writer meant.

    Raises
    ------
    BadInput
        If there is one besides ``view``.
    """
    for name in items:
        if name != "view" and name not in known and not name.startswith(ADDED):
            near = get_close_matches(name, known, n=1) or [k for k in known if k.endswith(f".{name}")]
            hint = f"did you mean {near[0]!r}?" if near else "copy the link anew with Link"
            raise BadInput(f"the link has {name[:40]!r}, which this page does not know; {hint}")


def view_of(query: str | None) -> str:
    """Return which page an address asks for; empty for the first one, or where the address cannot be read."""
    try:
        return items_of(query).get("view", "")
    except BadInput:
        return ""


def refuse_file(name: str) -> None:
    """Refuse a parameter of a link or a visitor that would make the server read a file of its own machine.

    Raises
    ------
    BadInput
        If `name`, of an arm or not, is such a parameter.
    """
    if name.rpartition(".")[2] in FILE_PARAMETERS:
        raise BadInput(
            f"{name} names a file of the serving machine; a page takes none: use Upload on the Live page instead"
        )


def typed(value: Any) -> Any:
    """Return the whole number that was typed; anything else as it is, for the check of the parameter to name."""
    text = str(value).strip()
    return (
        int(text) if re.fullmatch(r"-?[0-9]{1,19}", text) else value if len(text) <= 40 else text[:40] + "…"
    )
