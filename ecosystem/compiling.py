"""How kernels are compiled, and kept for the next start where that is possible.

Numba's cache on disk is believed only where it is whole: each file ends with its SHA-256, and says which function,
types and sources its code was made from. Sources are the function's own file and all of the market, whose functions
others build in. A cache that is damaged, or cannot be read or written, is none: code is compiled afresh.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache, cached_property, partial
from hashlib import sha256
from io import BytesIO
from multiprocessing import parent_process
from pathlib import Path
from typing import Any

from numba import config, njit
from numba.core.caching import AppDirs, FunctionCache, IndexDataCacheFile, NullCache

from ecosystem.heartbeat import compiles
from ecosystem_agents.inputs.checks import reason


def compiled(function: Callable[..., Any] | None = None, *, any_order: bool = False) -> Any:
    """Compile a function, as a decorator; it is left as it is where ``NUMBA_DISABLE_JIT`` is set.

    With `any_order` its sums are added in the order that suits the processor: results differ in their last bits.
    """
    if function is None:
        return partial(compiled, any_order=any_order)
    freedom = {"reassoc", "contract", "arcp"} if any_order else False
    kernel = njit(nogil=True, error_model="numpy", fastmath=freedom)(function)
    if kernel is not function:
        kernel._cache = _Optional(function)
    return kernel


class _Optional(NullCache):
    """A cache that nothing fails for. Folders are looked for when something is compiled, not when it is imported."""

    def __init__(self, function: Callable[..., Any]):
        self._function = function

    @cached_property
    def _kept(self) -> _Kept:
        return _Kept(self._function)

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        found = None
        with suppress(Exception):  # pickle, LLVM and the file system raise many kinds
            found = self._kept.load_overload(sig, target_context)
        if found is None:
            compiles()
        return found

    def save_overload(self, sig: Any, data: Any) -> None:
        try:
            self._kept.save_overload(sig, data)
        except Exception as error:
            if os.path.exists(self._function.__code__.co_filename):  # a prompt's code is never kept
                _tell(reason(error) if isinstance(error, OSError) else "no folder can be written")


class _Impl(FunctionCache._impl_class):  # type: ignore[misc, name-defined]
    # Without a home folder numba would make one, called "~", in the current folder.
    _locator_classes = [  # noqa: RUF012
        kind
        for kind in FunctionCache._impl_class._locator_classes
        if "UserWide" not in kind.__name__ or os.path.isabs(AppDirs("numba").user_cache_dir)
    ]


class _Kept(FunctionCache):  # type: ignore[misc]
    _impl_class = _Impl

    def __init__(self, function: Callable[..., Any]):
        super().__init__(function)
        stamp = self._impl.locator.get_source_stamp(), _market_sources()
        self._cache_file = _Files(self._cache_path, self._impl.filename_base, stamp)


class _Files(IndexDataCacheFile):  # type: ignore[misc]
    def save(self, key: Any, data: Any) -> None:
        super().save(key, (self._source_stamp, key, data))

    def load(self, key: Any) -> Any:
        # An index may name a file that was never written, where another function's or an older one stands.
        stamp, made_for, data = super().load(key) or (None, None, None)
        return data if (stamp, made_for) == (self._source_stamp, key) else None

    def _load_index(self) -> Any:
        return super()._load_index() if _is_whole(self._index_path) else {}

    def _load_data(self, name: str) -> Any:
        return super()._load_data(name) if _is_whole(self._data_path(name)) else None

    @contextmanager
    def _open_for_write(self, filepath: str) -> Iterator[BytesIO]:
        content = BytesIO()
        yield content
        with super()._open_for_write(filepath) as file:
            file.write(content.getvalue() + sha256(content.getvalue()).digest())


def _is_whole(path: str) -> bool:
    try:
        content = Path(path).read_bytes() if os.path.isfile(path) else b""
    except OSError:
        return False
    return sha256(content[:-32]).digest() == content[-32:]


@cache
def _market_sources() -> str:
    sources = sorted((Path(__file__).parent / "market").glob("*.py"))
    return sha256(b"\0".join(path.read_bytes() for path in sources)).hexdigest()


_told: list[str] = []


def _tell(why: str) -> None:
    if not _told and parent_process() is None:  # many kernels, and workers, would say the same
        _told.append(why)
        fix = "set NUMBA_CACHE_DIR to a folder that can be written"
        warnings.warn(f"compiled code is not kept ({why}): each start compiles anew; {fix}", stacklevel=2)


def threads() -> int:
    """Return how many threads of compiled code this process may have: one a core, or what NUMBA_NUM_THREADS says."""
    return int(config.NUMBA_NUM_THREADS)
