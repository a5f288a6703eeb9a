from __future__ import annotations

import json

import numpy as np
import pytest

from ecosystem_runs.peers import PEERS, Recomputing, rows, run_for

SMALL = {"n_users": 60, "n_creators": 8, "n_groups": 3, "K": 4}
WORLDS = {
    "figure1": ({"environment": "figure1"}, 30),
    "synthetic": (SMALL, 10),
    "projected": (SMALL | {"lbr_evaluation": "projected"}, 10),
}


@pytest.mark.parametrize("world", WORLDS)
def test_every_way_moves_the_same_creators_to_the_same_places(world):
    timed = list(rows({world: WORLDS[world]}, begin=3))
    assert len({row.way for row in timed}) == 2 + len(PEERS)
    assert all(row.same for row in timed)
    assert all(row.milliseconds > 0 for row in timed)
    assert timed[0].times == 1


def test_some_move_and_some_stay():
    order, directions = np.arange(5), np.tile([0.6, 0.8], (5, 1))
    for way in PEERS:
        peer = way(run_for(3, environment="figure1"))
        before = peer.strategies.copy()
        peer.move(order, directions)
        assert 0 < (peer.strategies != before).any(axis=1).sum() < 5


def test_other_moves_would_be_seen(monkeypatch):
    monkeypatch.setattr(Recomputing, "utility", lambda self, i, point: -float(point[0]))
    same = {row.way: row.same for row in rows({"synthetic": (SMALL, 2)}, begin=3)}
    assert [way for way, it_is in same.items() if not it_is] == [Recomputing.name]


def test_the_command_prints_ratios_and_json(command, monkeypatch):
    monkeypatch.setattr("ecosystem_runs.peers.WORLDS", {"five": WORLDS["figure1"], "large": None})
    lines = command("bench", "--peers", "--quick").out.splitlines()
    assert lines[0].startswith("five, 30 steps")
    assert lines[1].split()[-1] == "1.0"
    assert len(lines) == 3 + len(PEERS)
    assert "OTHER MOVES" not in "".join(lines)
    found = json.loads(command("bench", "--peers", "--quick", "--json").out)
    assert [row["world"] for row in found] == ["five"] * (2 + len(PEERS))
    assert {"way", "milliseconds", "times", "same", "steps"} < found[0].keys()
