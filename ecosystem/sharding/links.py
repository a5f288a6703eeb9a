"""Links to shards: how one is asked, wherever it is."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from multiprocessing.connection import Connection
from operator import attrgetter
from typing import Any, Protocol

from ecosystem.sharding.shard import Recipe, Shard
from ecosystem_agents.inputs.checks import BadInput


class ShardLost(BadInput):
    """A process that had a shard is gone, and with it what there was of its users."""


class Link(Protocol):
    """A way to a shard, whose methods and its market's are called by name, in the order they are told and asked.

    All shards are asked before one of them answers, so that they work at the same time.
    """

    def tell(self, name: str, *arguments: Any) -> None:
        """Have a method called; nobody waits for it."""
        ...

    def ask(self, name: str, *arguments: Any) -> None:
        """Have a method called whose answer will be wanted."""
        ...

    def answer(self) -> Any:
        """Return what the method asked last returned, or raise what it raised."""
        ...


class Here:
    """A shard of this process, asked in the thread that asks."""

    def __init__(self, shard: Shard) -> None:
        self.shard = shard

    def ask(self, name: str, *arguments: Any) -> None:
        """See `Link`."""
        self._answer = attrgetter(name)(self.shard)(*arguments)

    tell = ask

    def answer(self) -> Any:
        """See `Link`."""
        return self._answer


class InThread:
    """A shard of this process with a thread of its own: compiled loops leave the interpreter to the others."""

    def __init__(self, shard: Shard) -> None:
        self.shard = shard
        self._thread = ThreadPoolExecutor(1)
        self._begun: list[Future[Any]] = []  # since the last answer

    def ask(self, name: str, *arguments: Any) -> None:
        """See `Link`."""
        self._begun.append(self._thread.submit(attrgetter(name)(self.shard), *arguments))

    tell = ask

    def answer(self) -> Any:
        """See `Link`."""
        begun, self._begun = self._begun, []
        return [one.result() for one in begun][-1]  # what failed meanwhile is raised, asked or told


class Connected:
    """A shard of another process, at the other end of a connection: see `serve`.

    What keeps the process is `held` as long as the link.
    """

    def __init__(self, connection: Connection, where: str, *held: Any) -> None:
        self.connection, self.where, self.held = connection, where, held
        self._asked = 0

    def tell(self, name: str, *arguments: Any) -> None:
        """See `Link`."""
        self._send(0, name, arguments)

    def ask(self, name: str, *arguments: Any) -> None:
        """See `Link`."""
        self._asked += 1
        self._send(self._asked, name, arguments)

    def answer(self) -> Any:
        """See `Link`."""
        number = 0
        while number != self._asked:  # Ctrl-C leaves answers behind that nobody took
            try:
                number, answer, error = self.connection.recv()
            except (EOFError, OSError):
                raise self._lost() from None
        if error is not None:
            raise error
        return answer

    def _send(self, number: int, name: str, arguments: tuple[Any, ...]) -> None:
        try:
            self.connection.send((number, name, arguments))
        except OSError:
            raise self._lost() from None

    def _lost(self) -> ShardLost:
        return ShardLost(
            f"{self.where} is lost, and the run with it; begin again, from the last checkpoint if there is one"
        )


def serve(connection: Connection, recipe: Recipe) -> None:
    """Make a shard and answer for it until the connection closes; what fails is told at the next question."""
    shard: Shard | None = None
    error: Exception | None = None
    with suppress(EOFError, OSError):
        while True:
            number, name, arguments = connection.recv()
            answer = None
            try:
                shard = shard or recipe.shard()
                answer = attrgetter(name)(shard)(*arguments)
            except Exception as failed:
                error = failed
            if number:
                if error is not None and not isinstance(error, BadInput | MemoryError):
                    error = RuntimeError(f"{type(error).__name__}: {error}")  # others' may not travel
                connection.send((number, answer, error))
                error = None
