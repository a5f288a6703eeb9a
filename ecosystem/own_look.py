"""Pictures look as this project draws them, whatever the user's settings of matplotlib say; names are plain text."""

from __future__ import annotations

import os
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, chdir, contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

OURS = {
    "text.parse_math": False,  # a name may hold a $
    "svg.hashsalt": "figure 2",  # the same picture gives the same bytes
}
READ_ON_IMPORT = ("MPLBACKEND", "MATPLOTLIBRC")

_one_at_a_time = threading.RLock()  # settings are the whole process's


@contextmanager
def own_look() -> Iterator[None]:
    """Draw under this project's own settings while the context lasts; what matplotlib remarks on is not shown."""
    with _one_at_a_time, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # such as of letters that a font does not have
        mpl = _matplotlib()
        default = {name: value for name, value in mpl.rcParamsDefault.items() if name != "backend"}
        with mpl.rc_context(default | OURS):
            yield


def _matplotlib() -> Any:
    """Import matplotlib, which reads the user's settings meanwhile and ends where it cannot.

    So none are where it looks: the first place is the current folder, which is that of its own for as long.
    """
    if "matplotlib" in sys.modules:
        return sys.modules["matplotlib"]
    hidden = {name: os.environ.pop(name) for name in READ_ON_IMPORT if name in os.environ}
    try:
        with ExitStack() as stack:
            with suppress(OSError):  # of a current folder that is gone
                found: Any = find_spec("matplotlib")
                stack.enter_context(chdir(Path(found.origin).parent / "mpl-data"))
            import matplotlib as mpl
    finally:
        os.environ.update(hidden)
    return mpl
