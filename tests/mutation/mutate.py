"""Mutation testing: does a test notice when one operator, comparison, number or condition of the code is wrong?

    python tests/mutation/mutate.py COPY [TARGET ...] [--kernels] [--most 40] [--out survivors.jsonl]

COPY is a copy of the project, since its modules are changed while this runs. Needs cosmic-ray, which makes the
mutants. Each is tested in a fork of one process that has libraries and compiled code in memory, so that it costs what
its tests cost. With --kernels the targets are the market's kernels, run as plain Python, since each of their mutants
would be compiled anew; tests that are too slow so, or about compiling, are left out (`NOT_PLAIN`).
"""

from __future__ import annotations

import argparse
import ast
import importlib
import json
import os
import random
import signal
import sys
import time
from collections import Counter
from pathlib import Path

ECONOMY, MARKET, RANKING = (f"tests/ecosystem/{folder}/" for folder in ("economy", "market", "ranking"))
GAME = [f"{RANKING}test_{name}.py" for name in ("ranking_game", "worked_examples", "responses")]
LIVE = "arm hands history landscape past play setting survey tour uploads"
TARGETS = {
    "ecosystem/matching.py": ["tests/ecosystem/test_matching.py"],
    "ecosystem/market/market.py": [
        f"{MARKET}test_market.py",
        f"{MARKET}test_entries.py",
        f"{ECONOMY}test_pay_terms.py",
        f"{ECONOMY}test_enrichment_mechanism.py",
        "tests/ecosystem/yardsticks/test_planner.py",
    ],
    "ecosystem/market/pay.py": [f"{MARKET}test_{name}.py" for name in ("respond", "pay", "market")],
    "ecosystem/economy/deployment.py": [
        f"{ECONOMY}test_{name}.py" for name in ("deployment", "enrichment_mechanism", "economy")
    ],
    "ecosystem/economy/moves.py": [
        *(f"{ECONOMY}test_{name}.py" for name in ("moves", "economy", "coming_and_going")),
        *("-k", "not three_shards"),  # which shrinks the tiles of a module that forks take over
    ],
    "agents/ecosystem_agents/platform.py": ["tests/agents/test_platform.py", f"{ECONOMY}test_pay_terms.py"],
    "agents/ecosystem_agents/reweighting.py": ["tests/agents/test_reweighting.py"],
    **{
        f"agents/ecosystem_agents/mechanisms/{name}.py": [
            "tests/agents/test_mechanisms.py",
            f"{ECONOMY}test_enrichment_mechanism.py",
            "tests/agents/test_platform.py",
        ]
        for name in ("enrichment", "halved", "hmt", "mappings", "sharpness", "smt", "terms", "uir", "uniform")
    },
    **{
        f"ecosystem/rewards/{name}.py": ["tests/ecosystem/rewards", f"{MARKET}test_pay.py"]
        for name in ("backward", "contribution", "engagement", "lift", "relevance", "reward", "traffic")
    },
    "ecosystem/ranking/game.py": GAME,
    "ecosystem/ranking/responses.py": GAME[::-1],
    **{
        f"ecosystem/ranking/{name}.py": [f"{RANKING}test_{name}.py", *GAME[1:2]]
        for name in ("move", "theory", "documents", "renaming", "constructions", "existence", "retrieval")
    },
    **{
        f"ecosystem/yardsticks/{name}.py": [f"tests/ecosystem/yardsticks/test_{name}.py", "-k", "not cover"]
        for name in ("attainable", "final", "intervals", "power")
    },
    **{
        f"ecosystem/environments/{name}.py": [f"tests/ecosystem/environments/test_{name}.py"]
        for name in ("check", "niches")
    },
    **{
        f"ecosystem/own_data/{name}.py": ["tests/ecosystem/own_data"] for name in ("columns", "part", "files")
    },
    "ecosystem/policies.py": ["tests/ecosystem/test_policies.py"],
    **{
        f"server/ecosystem_server/{name}.py": [
            f"tests/server/test_{name}.py",
            "tests/server/ranking/test_ranking_setting.py",
        ]
        for name in ("address", "fields", "offered")
    },
    **{
        f"server/ecosystem_server/live/{name}.py": [f"tests/server/live/test_{name}.py", "tests/server/live"]
        for name in LIVE.split()
    },
    "server/ecosystem_server/guards/messages.py": ["tests/attacks/test_messages.py"],
    "runs/ecosystem_runs/replication/verdicts.py": ["tests/runs/replication/test_verdicts.py"],
    "runs/ecosystem_runs/sensitivity/indices.py": ["tests/runs/sensitivity/test_sensitivity.py"],
}
KERNELS = {
    **{
        f"ecosystem/market/{name}.py": [
            f"{MARKET}test_{one}.py" for one in ("power", "respond", "market", "pay")
        ]
        for name in ("lists", "screen", "trials", "reward_kernels")
    },
    "ecosystem/market/outcomes.py": [
        f"{MARKET}test_market.py",
        f"{MARKET}test_pay.py",
        "tests/ecosystem/yardsticks/test_planner.py",
    ],
}
"""Tests of each module, those that notice most first."""

NOT_PLAIN = (
    "long_walks on_average 203 300 one_by_one takes_the_same_way "  # slow
    "engagement planner_beats figure_1s_best "
    "fails_on_some_list listed_is_named"  # about compiling
)
"""Tests, by part of their names, that kernels in plain Python are spared."""

SWAPS = (
    "BinaryOperator_Add_Sub Sub_Add Mul_Div Div_Mul FloorDiv_Mul Mod_FloorDiv Pow_Mul BitAnd_BitOr LShift_RShift",
    "ComparisonOperator_Lt_LtE Lt_GtE LtE_Lt LtE_Gt Gt_GtE Gt_LtE GtE_Gt GtE_Lt Eq_NotEq NotEq_Eq Is_IsNot IsNot_Is",
    "UnaryOperator_Delete_USub UnaryOperator_Delete_Not UnaryOperator_Delete_Invert",
)
OTHERS = "ReplaceTrueWithFalse ReplaceFalseWithTrue ReplaceAndWithOr ReplaceOrWithAnd AddNot NumberReplacer "
OTHERS += "ReplaceBreakWithContinue ReplaceContinueWithBreak ZeroIterationForLoop"
COMPILED = [
    f"ecosystem.market.{name}" for name in ("lists", "screen", "trials", "outcomes", "reward_kernels")
]
KEPT = {
    *COMPILED,
    "ecosystem.market.book",
    "ecosystem.relevance",
    "ecosystem.strategy_sets",
    "ecosystem_agents.inputs.checks",
}
"""Modules that forks take over as they are: the compiled ones, and what these import; none is a target."""

TOO_LONG, TOO_LONG_IN_ALL = 60, 600
"""Seconds after which a mutant counts as noticed, since it made one test hang, or all together."""


def operators() -> list[str]:
    """Return the classic mutations: one other operator each, both bounds of a comparison, numbers off by one."""
    names = OTHERS.split()
    for kind in SWAPS:
        first, *rest = kind.split()
        prefix = first.split("_")[0]
        names += [f"Replace{first}"] + [
            f"Replace{n if n.startswith(prefix) else f'{prefix}_{n}'}" for n in rest
        ]
    return [f"core/{name}" for name in names]


def places_of(source: str) -> list[tuple[str, int]]:
    """Return every mutant a module could have: operator, and which of the places where it applies."""
    from cosmic_ray.ast import ast_nodes, get_ast
    from cosmic_ray.plugins import get_operator

    nodes, places = list(ast_nodes(get_ast(source))), []
    for name in operators():
        operator = get_operator(name)()
        count = sum(1 for node in nodes for _ in operator.mutation_positions(node))
        places += [(name.removeprefix("core/"), occurrence) for occurrence in range(count)]
    return places


def mutated_by(source: str, name: str, occurrence: int) -> str:
    """Return the source of a mutant."""
    from cosmic_ray.mutating import mutate_code
    from cosmic_ray.plugins import get_operator

    return mutate_code(source, get_operator(f"core/{name}")(), occurrence)


def what_runs(source: str) -> str | None:
    """Return a module without annotations, which are never run; None for what is no Python, as ``*`` for ``**``."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return None
    for node in ast.walk(tree):
        for name in ("annotation", "returns"):
            if getattr(node, name, None) is not None:
                setattr(node, name, ast.Constant(None))
    return ast.dump(tree)


def changed_line(before: str, after: str) -> tuple[int, str, str]:
    """Return the number of the first changed line, with the line before and after."""
    pairs = zip(before.splitlines(), after.splitlines(), strict=False)
    return next((k, a.strip(), b.strip()) for k, (a, b) in enumerate(pairs, 1) if a != b)


def load_compiled_code() -> None:
    """Import everything and step small models, then forget all modules but `KEPT`, with their compiled code."""
    from ecosystem import CreatorEconomy
    from ecosystem.rewards import REWARDS

    for reward in REWARDS:
        CreatorEconomy(environment="figure1", reward=reward, rng=0).run(2)
        CreatorEconomy(environment="figure1", reward=reward, matching="sampled", rng=0).run(2)
    forget(KEPT)


def load_as_plain_python() -> None:
    """Import everything with numba switched off, then forget all modules but `KEPT`, compiled ones too."""
    os.environ["NUMBA_DISABLE_JIT"] = "1"
    import numba
    import numpy as np

    numba.cfunc = lambda signature: lambda function: function
    import ecosystem.market.book as book

    # Compiled code reads a record's fields as attributes: so may Python.
    book.LIST = np.dtype((np.record, book.LIST))
    importlib.import_module("ecosystem.economy.economy")
    forget(KEPT - set(COMPILED))


def forget(kept: set[str]) -> None:
    """Forget the project's modules but some, so that forks import them anew."""
    for name in list(sys.modules):
        if name.split(".")[0] in ("ecosystem_agents", "ecosystem") and name not in kept:
            del sys.modules[name]


def tested(tests: list[str]) -> str:
    """Run tests in a fork of this process; return "killed", "survived" or "hung"."""
    child = os.fork()
    if not child:
        os.setsid()
        sink = os.open(os.devnull, os.O_WRONLY)
        os.dup2(sink, 1)
        os.dup2(sink, 2)
        import pytest

        quick = ["-x", "-q", "--tb=no", "-p", "no:cacheprovider", "--hypothesis-profile=mutants"]
        quick += ["--hypothesis-seed=0", f"--timeout={TOO_LONG}", "--timeout-method=thread"]
        os._exit(int(pytest.main([*quick, *tests])))
    until = time.monotonic() + TOO_LONG_IN_ALL
    while time.monotonic() < until:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return "survived" if status == 0 else "killed"
        time.sleep(0.02)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return "hung"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("copy", type=Path)
    parser.add_argument("targets", nargs="*", help=f"default: all of {', '.join(TARGETS)}")
    parser.add_argument("--kernels", action="store_true", help=f"plain Python; default: {', '.join(KERNELS)}")
    parser.add_argument(
        "--most", type=int, default=40, help="mutants of a module, drawn at random where it has more"
    )
    parser.add_argument("--out", type=Path, default=Path("survivors.jsonl"))
    asked = parser.parse_args()
    out = asked.out.resolve()
    os.chdir(asked.copy)
    sys.path.insert(0, os.getcwd())
    sys.dont_write_bytecode = True  # two mutants within a second would share a file's time stamp
    os.environ["OMP_NUM_THREADS"] = "1"  # threads do not survive a fork
    import hypothesis
    import pytest  # noqa: F401

    targets, sparing = TARGETS, []
    if asked.kernels:
        targets, sparing = KERNELS, ["-W", "ignore", "-k", f"not ({' or '.join(NOT_PLAIN.split())})"]
        load_as_plain_python()
    else:
        load_compiled_code()
    few = hypothesis.settings(
        max_examples=25,
        deadline=None,
        database=None,
        phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
    )
    hypothesis.settings.register_profile("mutants", few)
    total: Counter[str] = Counter()
    for target in asked.targets or targets:
        path, tests = Path(target), [*sparing, *targets[target]]
        source = path.read_text(encoding="utf-8")
        if tested(tests) != "survived":
            sys.exit(f"{target}: its tests fail without any mutant")
        runs, every = what_runs(source), places_of(source)
        chosen = random.Random(target).sample(every, min(asked.most, len(every)))
        seen: Counter[str] = Counter()
        try:
            for name, occurrence in chosen:
                mutated = mutated_by(source, name, occurrence)
                if what_runs(mutated) in (runs, None):
                    continue
                path.write_text(mutated, encoding="utf-8")
                result = tested(tests)
                seen[result] += 1
                if result == "survived":
                    line, before, after = changed_line(source, mutated)
                    entry = {"file": target, "line": line, "operator": name, "occurrence": occurrence}
                    with out.open("a") as file:
                        file.write(json.dumps(entry | {"before": before, "after": after}) + "\n")
        finally:
            path.write_text(source, encoding="utf-8")
        total += seen
        print(f"{target}: {len(every)} mutants, {sum(seen.values())} tried, {dict(seen)}", flush=True)
    print(f"all: {sum(total.values())} tried, {dict(total)}")


if __name__ == "__main__":
    main()
