"""Devices, pipes and huge files where a file is wanted: one line at once, and nothing is waited for."""

from __future__ import annotations

import os
import signal

import pytest

from ecosystem.policies import policies_of
from ecosystem.ratings.grouplens import movielens_source
from ecosystem.ratings.table import table_source
from ecosystem.testing import check_plugin
from ecosystem_agents.inputs.checks import MOST_BYTES, BadInput
from ecosystem_runs.ranking.competition import read_documents
from ecosystem_runs.sweeps.plan import read_plan

READERS = {
    "plan.toml": read_plan,
    "policies.toml": policies_of,
    "documents.json": read_documents,
    "quota.py": lambda path: check_plugin(f"{path}:Quota"),
    "ratings.csv": table_source,
    "ml-1m.zip": movielens_source,
}


@pytest.fixture
def in_a_second():
    """Fail what waits for ever: nobody writes into the pipe, and a device never ends."""

    def too_late(*_):
        pytest.fail("still reading")

    before = signal.signal(signal.SIGALRM, too_late)
    signal.alarm(10)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("kind", ["pipe", "device"])
def test_what_is_no_file_is_refused_at_once(name, kind, tmp_path, in_a_second):
    path = tmp_path / name
    if kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to("/dev/null")  # if it were read, /dev/zero would end the machine
    with pytest.raises(BadInput, match="it is a device, pipe or socket and no file") as refused:
        READERS[name](path)
    assert name in str(refused.value)


@pytest.mark.parametrize("name", [name for name in READERS if name not in ("ratings.csv", "ml-1m.zip")])
def test_a_file_that_nobody_wrote_by_hand_is_refused_unread(name, tmp_path):
    path = tmp_path / name
    with path.open("wb") as file:
        file.truncate(MOST_BYTES + 1)
    with pytest.raises(BadInput, match=f"{MOST_BYTES + 1:,} bytes"):
        READERS[name](path)
