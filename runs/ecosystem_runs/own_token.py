"""The token of one's own dashboard, kept for its user alone: an open page finds its way back after a restart."""

from __future__ import annotations

import os
import re
import secrets
import stat
from pathlib import Path

import platformdirs

from ecosystem_runs.folders import write_whole


def own_token() -> str:
    """Return this user's token, made at the first start; where nothing can be kept, one for this start alone."""
    try:
        path = platformdirs.user_state_path("creator-ecosystem") / "dashboard-token"
        if path.is_absolute():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            return _kept(path) or _renewed(path)
    except (OSError, RuntimeError):  # the latter without a home folder, for which older versions say "~"
        pass
    return secrets.token_urlsafe(32)


def _kept(path: Path) -> str:
    """Return the token in a file that nobody else can have read or written; empty otherwise."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return ""
    with open(file, "rb") as opened:
        found = os.fstat(file)
        ours = stat.S_ISREG(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o077
        text = opened.read(100).decode("latin-1") if ours else ""
    return text if re.fullmatch(r"[\w-]{43}", text, re.ASCII) else ""


def _renewed(path: Path) -> str:
    """Put a new token in the place of `path`, whole and for the user alone; return it."""
    token = secrets.token_urlsafe(32)

    def write(scratch: Path) -> None:
        scratch.touch(mode=0o600, exist_ok=False)
        scratch.write_text(token)

    write_whole(path, write)
    return token
