"""Worlds made up by number: most run some steps, the others are refused in one line, and nothing else ever happens.

A failure names its world; ``python tests/fuzz/test_fuzz_worlds.py FIRST LAST`` plays those again.
"""

from __future__ import annotations

import io
import json
import math
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ecosystem import CreatorEconomy
from ecosystem_agents.inputs.checks import BadInput

STEPS = 3
MEMORY = 3_000_000_000
"""Bytes of address space that ten thousand worlds must do with, one after the other."""
INVALID = 0.02
"""How often a parameter gets a value that may be none."""
ODD: list[Any] = [
    0,
    -1,
    1,
    2.5,
    10**12,
    10**30,
    float("nan"),
    float("inf"),
    1e300,
    5e-324,
    "x",
    "",
    True,
    "1e999",
]


class Draw:
    """Choices of one world, from its number."""

    def __init__(self, number: int) -> None:
        self.rng = np.random.default_rng([16, number])

    def one(self, *choices: Any) -> Any:
        return choices[int(self.rng.integers(len(choices)))]

    def perhaps(self, share: float) -> bool:
        return bool(self.rng.random() < share)

    def spread(self, low: float, high: float) -> float:
        return float(np.exp(self.rng.uniform(math.log(low), math.log(high))))


def mechanism(draw: Draw) -> str:
    return draw.one(
        "none",
        "uir",
        "smt",
        "hmt",
        "halved",
        "halved(user=0)",
        "smt_sharpness",
        "hmt_sharpness",
        f"uniform(K={draw.one(1, 2, 7, 50)})",
        f"uniform(beta={draw.spread(1e-4, 1e3):.3g})",
        f"enrichment(count={draw.one(1, 1, 2)})",
        "enrichment(items=((0.1, 0.2), (0.0, 0.0)))" if draw.perhaps(0.3) else "none",
        "uniform(K=3, beta=0.5)",
    )


def parameters(draw: Draw) -> dict[str, Any]:
    """Return what may be set in any world, about a third of it set."""
    makers: dict[str, Any] = {
        "mechanism": lambda: mechanism(draw),
        "reward": lambda: draw.one(
            "relevance",
            "traffic",
            "lift",
            "contribution",
            "engagement",
            "backward",
            "backward(weights=(1, 0.5))",
        ),
        "K": lambda: draw.one(1, 2, 3, 5, 20, 1000),
        "beta": lambda: draw.spread(1e-4, 1e3),
        "eta": lambda: draw.spread(1e-3, 1e2),
        "alpha": lambda: draw.one(0, 0.1, 0.5, 5.0, 100.0),
        "late_alpha": lambda: draw.one(0, 0.1, 3.0),
        "w_min": lambda: draw.one(0, 0.2, 0.9, 1.0),
        "w_max": lambda: draw.one(1.0, 1.5, 5.0, 1000.0),
        "epoch_length": lambda: draw.one(1, 2, 3, 7),
        "horizon": lambda: draw.one(0, 1, 2, 5, 300),
        "n_groups": lambda: draw.one(1, 1, 2),
        "pay_terms": lambda: draw.one("deployed", "default"),
        "weighting": lambda: draw.one("mechanism", "uir"),
        "matching": lambda: draw.one("expected", "expected", "sampled"),
        "lbr_evaluation": lambda: draw.one("printed", "projected"),
        "order": lambda: draw.one("random", "fixed", "simultaneous"),
        "weights_from": lambda: draw.one("deployed", "default"),
        "renormalise_after_clip": lambda: draw.one(True, False),
        "schedule": lambda: f"{mechanism(draw)}@{draw.one(1, 2)}",
        "rules": lambda: draw.one("lbr", "still", "explore", "still=1", "still=1,explore=1"),
        "directions_tried": lambda: draw.one(1, 2, 9),
        "requests_per_trial": lambda: draw.one(1, 3, 100),
        "one_by_one": lambda: draw.one(True, False),
        "trajectory": lambda: draw.one(True, False),
    }
    found = {name: make() for name, make in makers.items() if draw.perhaps(0.3)}
    found.setdefault("mechanism", mechanism(draw))
    return {name: draw.one(*ODD) if draw.perhaps(INVALID) else value for name, value in found.items()}


def array(draw: Draw, rows: int, columns: int) -> np.ndarray:
    """Return points of many kinds: tied, twice, zero, far, tiny; other types, orders and byte orders."""
    rng = draw.rng
    points = draw.one(
        lambda: rng.standard_normal((rows, columns)),
        lambda: rng.random((rows, columns)),
        lambda: rng.integers(-2, 3, (rows, columns)).astype(float),
        lambda: np.repeat(rng.standard_normal((1, columns)), rows, axis=0),
        lambda: np.zeros((rows, columns)),
        lambda: rng.standard_normal((rows, columns)) * draw.one(1e-160, 1e-12, 1e3, 1e20, 1e99),
        lambda: np.where(rng.random((rows, columns)) < 0.5, 0.0, rng.standard_normal((rows, columns))),
        lambda: rng.standard_normal((rows, columns)) * 10.0 ** rng.integers(-30, 30, (rows, 1)),
    )()
    if draw.perhaps(0.02):
        points.flat[rng.integers(points.size)] = draw.one(np.nan, np.inf, -1e200, 1e308)
    kind = draw.one("<f8", "<f8", "<f8", "<f4", "<f2", ">f8", ">f4", "<i8", "|i1", "?")
    with np.errstate(over="ignore", invalid="ignore"):
        points = points.astype(kind)
    return np.asfortranarray(points) if draw.perhaps(0.3) else points


def embeddings(draw: Draw, folder: Path) -> dict[str, Any]:
    """Write a file of arrays and return the options of a world on it."""
    m, d, k, n = draw.one(1, 2, 5, 30), draw.one(1, 2, 3, 8, 40), draw.one(1, 2, 6, 90), draw.one(1, 2, 4, 70)
    arrays = {"users": array(draw, m, d)}
    for name, rows, share in (("items", k, 0.6), ("initial", n, 0.2)):
        if draw.perhaps(share):
            arrays[name] = array(draw, rows, d if draw.perhaps(0.97) else d + 1)
    if draw.perhaps(0.2):
        labels = np.arange(m) % min(3, m)
        arrays["groups"] = draw.one(labels, labels.astype("U2"), labels.astype(np.uint8), labels == 0)
    kind = draw.one("npz", "npz", "npz.", "npy", "parquet", "vectors")
    file = folder / {"npz.": "users.npz", "vectors": "users.parquet"}.get(kind, f"users.{kind}")
    if kind == "npy":
        np.save(file, arrays["users"])
    elif kind == "parquet":
        native = arrays["users"].astype(arrays["users"].dtype.newbyteorder("="))
        pd.DataFrame(native, columns=[f"x{c}" for c in range(d)]).to_parquet(file)
    elif kind == "vectors":
        native = arrays["users"].astype(arrays["users"].dtype.newbyteorder("="))
        pd.DataFrame({"vector": list(native)}).to_parquet(file)
    else:
        (np.savez if kind == "npz" else np.savez_compressed)(file, **arrays)
    options: dict[str, Any] = {"file": str(file)}
    if "groups" in arrays and file.suffix == ".npz":
        options["groups"] = None
    makers: dict[str, Any] = {
        "n_creators": lambda: n,
        "relevance": lambda: draw.one("dot", "distance"),
        "strategy_set": lambda: draw.one("auto", "ball", "free", "auto"),
        "radius": lambda: draw.spread(1e-3, 1e3),
        "start": lambda: draw.one("random", "favourite"),
        "scale": lambda: draw.spread(1e-3, 1e3),
    }
    return options | {name: make() for name, make in makers.items() if draw.perhaps(0.4)}


def made_up(number: int, folder: Path) -> dict[str, Any]:
    """Return the parameters of a world."""
    draw = Draw(number)
    found: dict[str, Any] = {"environment": draw.one("synthetic", "figure1", "embeddings", "embeddings")}
    if found["environment"] == "synthetic":
        found |= {
            "n_users": draw.one(10, 11, 40),
            "n_creators": draw.one(1, 2, 9, 70),
            "dim": draw.one(1, 2, 5, 60),
        }
        found |= {"user_spread": draw.one(0, 0.5, 30.0)} if draw.perhaps(0.3) else {}
        found |= {name: draw.one(*ODD) for name in list(found)[1:] if draw.perhaps(INVALID)}
    elif found["environment"] == "embeddings":
        found |= embeddings(draw, folder)
    found = {"n_groups": 1} | found | parameters(draw)
    if found["environment"] == "figure1" or "groups" in found:
        del found["n_groups"]  # these have groups of their own
    found.pop("groups", None)
    return found | {"rng": number}


def play(given: dict[str, Any]) -> str:
    """Return "ran" or the line by which a world is refused; anything else is a fault and raises."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", RuntimeWarning)
            warnings.simplefilter("ignore", UserWarning)
            model = CreatorEconomy(**given)
            model.run(STEPS)
            figures = [model.welfare, model.welfare_default, model.sampled_welfare, model.effective_creators]
            arrays = [model.strategies, model.user_utilities, model.creator_utilities, model.weights]
    except BadInput as refused:
        line = str(refused)
        assert len(line.splitlines()) == 1, line
        assert len(line) < 1000, line
        return line
    assert np.isfinite(figures).all(), figures
    assert all(np.isfinite(values).all() for values in arrays)
    return "ran"


def outcomes(first: int, last: int) -> dict[str, Any]:
    """Play worlds and return how many ran and were refused, those that failed, and the slowest."""
    ran, refused, failed, slowest = 0, 0, {}, (0.0, -1)
    for number in range(first, last):
        began = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            try:
                said = play(made_up(number, Path(folder)))
            except Exception:
                out = io.StringIO()
                traceback.print_exc(limit=-4, file=out)
                failed[number] = out.getvalue()
                continue
        ran, refused = ran + (said == "ran"), refused + (said != "ran")
        slowest = max(slowest, (time.perf_counter() - began, number))
    return {"ran": ran, "refused": refused, "failed": failed, "slowest": slowest}


def test_made_up_worlds_run_or_are_refused_in_a_line():
    found = outcomes(0, 150)
    assert found["failed"] == {}
    assert found["ran"] >= 75
    assert found["refused"] >= 5  # else nothing odd was tried


@pytest.mark.parametrize("option", ["user_spread", "initial_spread"])
def test_worlds_too_wide_for_squares_are_refused(option):
    given = {"environment": "synthetic", "n_users": 20, "n_creators": 3, "n_groups": 2, "rng": 0}
    assert "and at most 1e+100" in play(given | {option: 1e300})
    assert play(given | {option: 1e90}) == "ran"


def test_a_temperature_without_a_reciprocal_is_refused():
    assert "beta is 5e-324; it must be a number above 0, 1e-300 at the least" in play(
        {"environment": "figure1", "beta": 5e-324, "rng": 0}
    )
    assert play({"environment": "figure1", "beta": 1e-300, "rng": 0}) == "ran"


@pytest.mark.slow
def test_ten_thousand_made_up_worlds_do_with_little_memory():
    told = [sys.executable, __file__, "0", "10000"]
    done = subprocess.run(told, capture_output=True, text=True, check=False, timeout=3600)
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["failed"] == {}
    assert found["ran"] + found["refused"] == 10_000
    assert found["ran"] >= 5000
    assert found["slowest"][0] < 60
    assert found["kilobytes"] < 1_000_000


if __name__ == "__main__":
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    told = outcomes(int(sys.argv[1]), int(sys.argv[2]))
    for number, text in told["failed"].items():
        print(number, text, file=sys.stderr)
    own = Path("/proc/self/status").read_text()  # ru_maxrss would count what started it
    print(json.dumps(told | {"kilobytes": int(own.split("VmHWM:")[1].split()[0])}))
