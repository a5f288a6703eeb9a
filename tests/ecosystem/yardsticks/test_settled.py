"""How near runs come to a local equilibrium, by the lengths of their steps."""

from ecosystem.yardsticks.equilibrium import settled


def test_shorter_steps_leave_less_to_gain():
    ends = {one.steps: one for one in settled("figure1", seed=0, steps=300)}
    assert list(ends) == [
        "eta",
        "eta / 4",
        "eta / 16",
        "eta, then down to eta / 4",
        "eta, then down to eta / 16",
        "eta, then down to eta / 64",
    ]
    first, last = ends["eta"], ends["eta, then down to eta / 64"]
    assert first.gaining > 0
    assert last.largest < first.largest / 2
    assert last.welfare > first.welfare
