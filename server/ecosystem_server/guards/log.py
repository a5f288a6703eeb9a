"""What visitors can make the server write into its log: short lines, and few of them."""

from __future__ import annotations

import logging
import time
import traceback

AT_ONCE = 20
EVERY = 3.0
"""Lines that may come at once, and seconds for each one after them."""


class FewLines(logging.Filter):
    """Lets few lines through, and says how many it left out.

    What a library reports with a traceback becomes the line that names error and place; our own code's stay whole.
    """

    def __init__(self) -> None:
        super().__init__()
        self._left, self._at, self._dropped = float(AT_ONCE), time.monotonic(), 0

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether a line is written; shorten it."""
        now = time.monotonic()
        self._left, self._at = min(self._left + (now - self._at) / EVERY, AT_ONCE), now
        if self._left < 1:
            self._dropped += 1
            return False
        self._left -= 1
        said = " ".join(record.getMessage().split())[:200]
        if record.exc_info and record.exc_info[1] and not record.name.startswith("ecosystem_server"):
            error = record.exc_info[1]
            at = traceback.extract_tb(error.__traceback__)[-1:]
            where = "".join(f" ({one.filename.rpartition('/')[2]}:{one.lineno})" for one in at)
            said = f"{said}: {type(error).__name__}: {' '.join(str(error).split())[:200]}{where}"
            record.exc_info = record.exc_text = None
        if self._dropped:
            said, self._dropped = f"{said} ({self._dropped} lines before it were left out)", 0
        record.msg, record.args = said, ()
        return True


def install() -> None:
    """Let all that is logged in this process, uvicorn's own lines too, pass one `FewLines`."""
    handler, few = logging.StreamHandler(), FewLines()
    handler.setLevel(logging.WARNING)
    logging.getLogger().addHandler(handler)
    for one in (handler, *logging.getLogger("uvicorn").handlers):
        one.addFilter(few)
