"""Links to shards: how one is asked, wherever it is."""

from __future__ import annotations

from typing import Any, Protocol

from ecosystem.sharding.shard import Shard

Question = tuple[str, tuple[Any, ...]]
"""The name of a method of `Shard`, and what it is called with."""


class Link(Protocol):
    """A way to a shard. Every question is followed by one answer, and all shards are asked before one answers."""

    def ask(self, questions: list[Question]) -> None:
        """Have methods called one after the other."""
        ...

    def answer(self) -> Any:
        """Return what the last of them returned, or raise what one raised."""
        ...

    def close(self) -> None:
        """Let the shard go."""
        ...


class Here:
    """A shard of this process, asked in the same thread."""

    def __init__(self, shard: Shard) -> None:
        self.shard = shard
        self._answer: Any = None

    def ask(self, questions: list[Question]) -> None:
        """See `Link`."""
        self._answer = answered(self.shard, questions)

    def answer(self) -> Any:
        """See `Link`."""
        return self._answer

    def close(self) -> None:
        """See `Link`."""


def answered(shard: Shard, questions: list[Question]) -> Any:
    """Return what the last of the questions to a shard comes to."""
    answer: Any = None
    for name, arguments in questions:
        answer = getattr(shard, name)(*arguments)
    return answer
