"""How much memory there is, and refusing what would not fit before any of it is made."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from ecosystem_agents.inputs.checks import BadInput

SMALL = 2**26
"""Bytes that are there without asking: what is as small comes and goes all the time."""
_GROUPS = (("", "memory.max", "anon"), ("memory", "memory.limit_in_bytes", "rss"))
"""Of control groups, the second kind and the first: folder, file of the limit, what is in use in memory.stat."""


def check_room(what: str, needed: int, fix: str, most: int | None = None) -> None:
    """Refuse what takes more memory than there is, or than `most`.

    Parameters
    ----------
    what : str
        What is to be made, as the subject of a sentence.
    needed : int
        Bytes it takes, by what it says of itself.
    fix : str
        What to do about it.
    most : int, optional
        Bytes that are allowed; by default what this process can still get.

    Raises
    ------
    BadInput
        With both numbers of bytes.
    """
    if most is not None and needed > most:
        raise BadInput(f"{what} takes {needed:,} bytes of memory; at most {most:,} are allowed here: {fix}")
    if needed > SMALL and needed > (there := room()):
        raise BadInput(f"{what} takes {needed:,} bytes of memory and there are {there:,}: {fix}")


def room() -> int:
    """Return how many bytes this process can still get: by the machine, its own limit and its control groups'."""
    return max(min((*_on_machine(), *_by_limit(), *_in_groups()), default=2**63), 0)


def _on_machine() -> Iterator[int]:
    with suppress(OSError, ValueError, KeyError):
        lines = Path("/proc/meminfo").read_text().splitlines()
        kilobytes = {name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines)}
        yield 1024 * (kilobytes["MemAvailable"] + kilobytes["SwapFree"])
        return
    with suppress(AttributeError, OSError, ValueError):  # systems without /proc, and without sysconf
        yield os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def _by_limit() -> Iterator[int]:
    with suppress(ImportError, OSError, ValueError):
        import resource

        limit = resource.getrlimit(resource.RLIMIT_AS)[0]
        if limit != resource.RLIM_INFINITY:
            pages = int(Path("/proc/self/statm").read_text().split()[0])
            yield limit - pages * resource.getpagesize()


def _in_groups() -> Iterator[int]:
    with suppress(OSError):
        for line in Path("/proc/self/cgroup").read_text().splitlines():
            _, kinds, path = line.split(":", 2)
            for kind, limit, used in _GROUPS:
                if kind in kinds.split(","):
                    top = Path("/sys/fs/cgroup", kind)
                    own = top / path.lstrip("/")
                    for folder in (own, *own.parents):  # within a container only the top is there
                        if folder.is_relative_to(top):
                            yield from _left_in(folder, limit, used)


def _left_in(folder: Path, limit: str, used: str) -> Iterator[int]:
    with suppress(OSError, ValueError, KeyError):  # "max" is no limit
        most = int((folder / limit).read_text())
        counts = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
        yield most - int(counts[used])
