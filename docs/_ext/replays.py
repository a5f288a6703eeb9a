"""The gallery's replays: commands of a page below ``<!-- made with the site -->`` are run, what they make is kept.

They run in one folder below the site, ``gallery/made``, each once: a page shows `NAME.html` and the pictures of runs
by what the commands call them.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

MADE = re.compile(r"^<!-- made with the site -->\n```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)


def make(app: Sphinx) -> None:
    """Run what is missing of the commands of every page of the gallery."""
    folder = Path(app.outdir) / "gallery" / "made"
    folder.mkdir(parents=True, exist_ok=True)
    for page in sorted((Path(app.srcdir) / "gallery").glob("*.md")):
        for block in MADE.findall(page.read_text(encoding="utf-8")):
            for line in block.replace("\\\n", " ").splitlines():
                words = shlex.split(line, comments=True)[1:]
                if words and not (folder / words[words.index("--out") + 1]).exists():
                    run(words, folder)


def run(words: list[str], folder: Path) -> None:
    """Run one command."""
    command = [sys.executable, "-m", "ecosystem_runs.command_line", *words]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise ExtensionError(f"ecosystem {shlex.join(words)}: {done.stderr.strip()}")


def setup(app: Sphinx) -> dict[str, bool]:
    """Make them before pages are read."""
    app.connect("builder-inited", make)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
