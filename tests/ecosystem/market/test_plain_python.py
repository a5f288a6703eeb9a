"""With numba switched off, as debuggers and coverage do, the same worlds take the same course."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from ecosystem import CreatorEconomy
from ecosystem.rewards import REWARDS


def courses():
    found = []
    for reward in REWARDS:
        for matching in ("expected", "sampled"):
            world = CreatorEconomy(environment="figure1", reward=reward, matching=matching, rng=0)
            world.run(3)
            found.append(world.strategies.tolist())
    return found


def test_plain_python_takes_the_same_course():
    script = "import json, runpy; print(json.dumps(runpy.run_path(__import__('sys').argv[1])['courses']()))"
    plain = subprocess.run(
        [sys.executable, "-c", script, __file__],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert plain.returncode == 0, plain.stderr
    assert json.loads(plain.stdout) == courses()
