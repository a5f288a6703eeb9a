"""A page's address and the setting in it: every item declared once, and from that read, checked and written again.

No item can name a file of the serving machine: a page takes parameters that it knows, and those that name files are
refused aloud, so that nobody waits for a world that is not coming.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from operator import attrgetter
from typing import Any, ClassVar, Self
from urllib.parse import parse_qsl, urlencode

from ecosystem_agents.inputs import checks
from ecosystem_agents.inputs.checks import BadInput, number_of
from ecosystem_server.limits import OWN_MACHINE, Limits, refuse_more

FILE_PARAMETERS = ("path", "name", "file", "items", "groups", "initial")
"""Options of environments that name files, or what was kept of them; `ecosystem run` takes them, a page does not."""
MOST_ITEMS = 100
ADDED = ("solara", "modelid")
"""How items begin that the server's own library adds to an address; no page looks at them."""
LARGEST_SEED = 2**53
"""Up to here a browser's numbers are exact."""


@dataclass(frozen=True)
class Item:
    """One thing that an address may say."""

    # From a link's text, or what was put into a control, to the value; or `BadInput`.
    read: Callable[[Any], Any]
    write: Callable[[Any], Any] | None = None  # to a link, None to leave it out; else the value itself
    limit: str = ""  # which of `Limits` bounds it, or how many it has, if one does
    title: str = ""  # what it is called when it is beyond

    @classmethod
    def whole(
        cls,
        title: str,
        at_least: int,
        at_most: int,
        limit: str = "",
        write: Callable[[Any], Any] | None = None,
    ) -> Item:
        """Return the item for a whole number in a range, typed or spelt."""

        def read(value: Any) -> int:
            return checks.whole(title, typed(value), at_least=at_least, at_most=at_most)

        return cls(read, write, limit, title)

    @classmethod
    def choice(cls, name: str, allowed: Iterable[str]) -> Item:
        """Return the item for one of some words."""
        return cls(lambda value: checks.choice(name, value, allowed))

    @classmethod
    def changes(cls, read: Callable[[str], Any], most: int) -> Item:
        """Return the item for what was changed on the way: parts that have a ``step``, and their text by ``str``."""

        def read_all(text: str) -> tuple[Any, ...]:
            changes = [read(part) for part in text.split("~") if part]
            if len(changes) > most:
                raise BadInput(f"the link has {len(changes)} changes; at most {most} are replayed")
            return tuple(sorted(changes, key=attrgetter("step")))

        return cls(read_all, lambda changes: "~".join(map(str, changes)) or None)


class PageSetting:
    """What a page shows: a frozen dataclass that declares what its address may say."""

    VIEW: ClassVar[str] = ""
    """The page's name in ``view``."""
    ITEMS: ClassVar[Mapping[str, Item]]
    """What else there may be, in the order of a link: fields of these names, unless `of` and `values` are other."""

    @classmethod
    def from_query(cls, query: str | None, limits: Limits = OWN_MACHINE) -> Self:
        """Return the setting an address describes; `BadInput` if a part of it is unknown, unfit or too much."""
        items = items_of(query)
        refuse_unknown(items, cls.ITEMS)
        values = {name: item.read(items[name]) for name, item in cls.ITEMS.items() if name in items}
        return cls.of(values).checked(limits)

    def to_query(self, view: str = "") -> str:
        """Return the address that describes the setting, in another `view` of it where one is named."""
        items = {"view": view or self.VIEW or None}
        for name, value in self.values().items():
            item = self.ITEMS.get(name)
            items[name] = item.write(value) if item and item.write else value
        return urlencode({name: text for name, text in items.items() if text is not None}, safe=":~/,")

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """Return the setting whose items have these values, and others the usual ones."""
        return cls(**values)

    def values(self) -> dict[str, Any]:
        """Return the values of the items; None where one has none."""
        return {name: getattr(self, name) for name in self.ITEMS}

    @classmethod
    def most(cls, limits: Limits) -> dict[str, int]:
        """Return how much of its items this server allows, where it has limits."""
        return {name: getattr(limits, item.limit) for name, item in cls.ITEMS.items() if item.limit}

    def with_value(self, name: str, value: Any) -> Self:
        """Return the setting with another value in a field; `BadInput` if it is unfit."""
        item = self.ITEMS[checks.choice("parameter", name, self.ITEMS)]
        return replace(self, **{name: item.read(value)})  # type: ignore[type-var]

    def checked(self, limits: Limits) -> Self:
        """Return the setting itself; `BadInput` if it is more than this server allows."""
        for name, most in self.most(limits).items():
            value = getattr(self, name) or 0
            refuse_more(self.ITEMS[name].title, len(value) if isinstance(value, tuple) else value, most)
        return self


def items_of(query: str | None) -> dict[str, str]:
    """Return what an address says, by name; `BadInput` if it says too much, or names a file."""
    try:
        items = dict(parse_qsl(query or "", max_num_fields=MOST_ITEMS, keep_blank_values=True))
    except ValueError:
        raise BadInput(f"the link has more than {MOST_ITEMS} items; copy it anew with Link") from None
    for name in items:
        refuse_file(name)
    return items


def refuse_unknown(items: Mapping[str, Any], allowed: Collection[str]) -> None:
    """Refuse items that a page does not have, so that no link shows another world than its writer meant."""
    for name in items:
        if name != "view" and name not in allowed and not name.startswith(ADDED):
            near = get_close_matches(name, allowed, n=1) or [k for k in allowed if k.endswith(f".{name}")]
            hint = f"did you mean {near[0]!r}?" if near else "copy the link anew with Link"
            raise BadInput(f"the link has {name[:40]!r}, which this page does not know; {hint}")


def view_of(query: str | None) -> str:
    """Return which page an address asks for; empty for the first one, or where the address cannot be read."""
    try:
        return items_of(query).get("view", "")
    except BadInput:
        return ""


def refuse_file(name: str) -> None:
    """Refuse a parameter, of an arm or not, that would make the server read a file of its own machine."""
    if name.rpartition(".")[2] in FILE_PARAMETERS:
        raise BadInput(
            f"{name} names a file of the serving machine; a page takes none: use Upload on the Live page instead"
        )


def unless_zero(number: int) -> int | None:
    """Return a number as a link has it: left out where it is 0."""
    return number or None


def typed(value: Any) -> Any:
    """Return the number that was typed; anything else as it is, for the check of the parameter to name."""
    text = str(value).strip()
    return number_of(text if isinstance(value, str) else value) if len(text) <= 40 else text[:40] + "…"
