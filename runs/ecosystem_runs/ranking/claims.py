"""The second paper judged claim by claim: what it says, what decides it, and the verdict, in a report."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ecosystem.ranking import theory
from ecosystem_runs.jobs.engines import Engine
from ecosystem_runs.jobs.run_kept import Work, run_kept
from ecosystem_runs.ranking.claim_checks import check, recursion
from ecosystem_runs.ranking.examples import EXAMPLES
from ecosystem_runs.replication.verdicts import FAILS, HOLDS
from ecosystem_runs.report_parts import Heading, Part, Table, write_report

WHERE_CHECKED, NOT_CHECKED = "holds where checked", "not checked"
HOW = {
    "search": "exact search at all peaks and thresholds of the range, {cases} patterns",
    "constructed": "constructed profiles, exact, {cases} games: peaks that are multiples of 1/60",
    "single-peaked": "random games, {cases}",
    "play": "random play, {cases} starts, from seed 0 in each game",
    "walk": "exhaustive: all profiles of a grid, all movers, all fair responses, {cases} states",
}  # where it is not here, a check is of one example, exact
READING = (
    "The available text of the paper has no formulas: they were rebuilt from its proofs, and a verdict is one on the "
    "claim as rebuilt. *Holds* is said of an example that was shown, *holds where checked* of a statement on all "
    "games that none of those checked contradicts, *fails* where there is a counterexample, exact, below in full. A "
    "search decides a game completely: all profiles, in whole numbers."
)
STEPS = (
    "The longest path seen, in random play and over all paths from all profiles of a grid, beside the recursion of "
    "Theorem BestResponseConvergence, T(1) = 1, T(l + 1) = T(l) + l + 1 and n more, which is n (n + 3)/2; and n m."
)


@dataclass(frozen=True)
class Claim:
    """A claim, in our words; `checks` decide it, and a counterexample is noted under its name or `notes`."""

    name: str
    where: str
    text: str
    checks: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


_SEARCH, _MADE, _PLAY, _EXAMPLE = ("search",), ("constructed",), ("walk", "play"), ("example",)
_DOORS = "The same, second half: such a move lets nobody improve who could not"
_GENERAL = ("small general", "medium general", "large general")
_BOTH = "Both, if: an equilibrium at the norm"
CLAIMS = (
    Claim("past the peak", "2.1", "Scores that fall past the peak change no result", ("single-peaked",)),
    Claim("flat", "2.1", "Nor do scores that are flat below it (Theorem 3.1, only if)", ("flat",)),
    Claim("translation", "2.3, A", "Lemma: static documents are their thresholds", ("single-peaked",)),
    Claim("theorem 3.1", "3", "Theorem 3.1, only if: no equilibrium at q = 0, p > 1/(M - 1)", _SEARCH),
    Claim("small uniform", "3", "Theorem 3.1, if", _MADE),
    Claim("medium uniform", "4.1, B", "Theorem MediumPeakUniform, only if: none up to its bound", _SEARCH),
    Claim("medium if", "4.1, B", "Theorem MediumPeakUniform, if", _MADE, ("medium uniform",)),
    Claim("at the peak", "4.1, B", "Theorem MediumPeakUniform: all winners can be at the peak", _MADE),
    Claim("large uniform", "4.1, B", "Theorem LargePeakUniform, only if: none below its bound", _SEARCH),
    Claim("corrected", "ours", "The same with q > 1/4 for n < k < 2n - 1", _SEARCH),
    Claim("large if", "4.1, B", "Theorem LargePeakUniform, if", _MADE, ("large uniform",)),
    Claim("documents", "4.1, 6.1", "Corollaries: at most n static documents", _MADE),
    Claim("figure 1", "4.2", "Figure 1: a hair more of q leaves a query unserved", _EXAMPLE),
    Claim("welfare", "4.2, B", "An equilibrium serves the worst query best, min(p, 1/m)", _MADE),
    Claim("for ever", "5", "Without documents best responses may go on for ever"),
    Claim("figure 2", "5", "Figure 2: unfair play can cycle where fair play settles", _EXAMPLE),
    Claim("simple", "5, C", "Theorem BestResponseSimple: at most n steps", ("walk",)),
    Claim("tightness", "C", "Its lower end is tight: fair play can cycle there", _EXAMPLE),
    Claim("pattern", "5, C", "Lemma BestResponsePattern: of type 1 or 2, by what is free", _PLAY),
    Claim("second move", "5, C", "Lemma DeviationEquityBoundSecondDev: later moves are of type 2", ("play",)),
    Claim("doors", "5, C", _DOORS, ("doors", "play")),
    Claim("convergence", "5, C", "Theorem BestResponseConvergence: fair play settles", _PLAY),
    Claim("rate", "5, C", "Its recursion: at most n (n + 3)/2 steps", _PLAY),
    Claim("n m", "ours", "At most n m steps", _PLAY),
    Claim("low peak", "5", "At lower peaks fair play can cycle", _EXAMPLE),
    Claim("algorithm 1", "5.1", "Algorithm 1 finds a best response, fair enough for the lemma", _PLAY),
    Claim("equity", "5.1, C", "Lemma DeviationEquityBound: above m - 2, or m - 3/2", _PLAY),
    Claim("fewer", "6", "The example: one document where a uniform threshold takes three", _EXAMPLE),
    Claim("medium general", "6.1, D", "Theorem MediumPeakGeneral, only if: none below its norm", _SEARCH),
    Claim("large general", "6.1, D", "Theorem LargePeakGeneral, only if: none below its norm", _SEARCH),
    Claim("conjecture", "ours", "None below min(p (R - n), (k - n)/(floor(k/n) + 1))", _SEARCH),
    Claim("general if", "6.1, D", _BOTH, _MADE, _GENERAL),
    Claim("figure 3", "6.2", "Figure 3: fewer documents, lower welfare", _EXAMPLE),
    Claim("figure 4", "6.3", "Figure 4: a fair cycle with a threshold a query", _EXAMPLE),
    Claim(
        "figure 5", "D", "Figure 5: thresholds a query save documents, less so at large k/n", ("figure 5",)
    ),
)
SEARCHED = tuple(claim.name for claim in CLAIMS if "search" in claim.checks)


@dataclass(frozen=True)
class Kept:
    """What is kept of a job."""

    cases: int
    longest: int
    against: str  # JSON: by claim, a counterexample


@dataclass(frozen=True)
class Judged:
    """A claim, its verdict, how it was checked, and a counterexample if there is one."""

    claim: Claim
    verdict: str
    how: str
    counterexample: str = ""


def jobs_of(queries: int, seeds: int) -> list[tuple[Any, ...]]:
    """Return what to run: games of up to so many queries, and so many tens of random starts."""
    jobs: list[tuple[Any, ...]] = [("example", name) for name in EXAMPLES]
    jobs += [("flat",), ("doors",), ("figure 5", 3), ("figure 5", 4)]
    jobs += [("single-peaked", seed) for seed in range(10 * seeds)]
    jobs += [("constructed", n, k) for n in range(2, 5) for k in range(n + 1, queries + 4)]
    jobs += [
        ("play", n, k, 10 * seeds) for n in range(2, queries + 2) for k in range(n + 1, min(3 * n, 13) + 1)
    ]
    small = [(n, k) for n in (2, 3) for k in range(n + 1, queries + 3 - n)]
    for n, k in small:
        m = theory.queries_each(n, k)
        empty = {"corrected": not n < k < 2 * n - 1}
        empty["medium uniform"] = empty["medium general"] = m >= -(-2 * k // n) - 1  # no peak is medium
        jobs += [("search", name, n, k) for name in SEARCHED if not empty.get(name)]
        if k % n:
            jobs.append(("walk", n, k, f"1/{m}", 2 * m, "convergence"))
        elif m == 2:
            jobs.append(("walk", n, k, "1/2", 4, "simple"))
    return jobs


def kept(job: tuple[Any, ...]) -> Kept:
    """Run a job."""
    found = check(job)
    return Kept(found.cases, found.longest, json.dumps(found.against))


def run(jobs: Sequence[tuple[Any, ...]], folder: Path, engine: Engine, quiet: bool) -> list[Kept]:
    """Run what is missing."""
    described = {"jobs": [list(job) for job in jobs]}
    return run_kept(Work("ranking claims", described, jobs, kept, Kept), folder, engine, quiet).results


def judge(jobs: Sequence[tuple[Any, ...]], found: Sequence[Kept]) -> list[Judged]:
    """Judge every claim by the jobs that decide it."""
    return [_judged(claim, list(zip(jobs, found, strict=True))) for claim in CLAIMS]


def _judged(claim: Claim, ran: Sequence[tuple[tuple[Any, ...], Kept]]) -> Judged:
    own = [(job, one) for job, one in ran if job[0] in claim.checks and _decides(job, claim.name)]
    if not own:
        return Judged(claim, NOT_CHECKED, "")
    hows = []
    for name in dict.fromkeys(job[0] for job, _ in own):
        pairs = [job[-2:] if name == "search" else job[1:3] for job, _ in own if job[0] == name]
        how = HOW.get(name, "exact").format(cases=f"{sum(one.cases for job, one in own if job[0] == name):,}")
        if name in ("search", "walk"):
            how += "; (n, k) = " + ", ".join(f"({n}, {k})" for n, k in pairs)
        elif name in ("constructed", "play"):
            how += f"; n = {pairs[0][0]} to {pairs[-1][0]}, k to {max(k for _, k in pairs)}"
        hows.append(how)
    against = [json.loads(one.against) for _, one in own]
    texts = [each[name] for name in claim.notes or (claim.name,) for each in against if name in each]
    verdict = FAILS if texts else HOLDS if claim.checks == _EXAMPLE else WHERE_CHECKED
    return Judged(claim, verdict, "; ".join(hows), texts[0] if texts else "")


def _decides(job: tuple[Any, ...], name: str) -> bool:
    if job[0] == "walk":
        return (job[-1] == "simple") == (name == "simple")
    return job[0] not in ("search", "example") or job[1] == name


def steps_of(jobs: Sequence[tuple[Any, ...]], found: Sequence[Kept]) -> list[dict[str, int | None]]:
    """Return, by game at q = 1/m and p > 1/m, the longest path seen beside the bounds on it."""
    rows: dict[tuple[int, int], dict[str, int | None]] = {}
    for job, one in zip(jobs, found, strict=True):
        if job[0] == "play" or job[-1] == "convergence":
            n, k = job[1:3]
            row = {"n": n, "k": k, "recursion": recursion(n), "n_m": theory.step_bound(n, k)}
            rows.setdefault((n, k), {**row, "play": None, "walk": None})[job[0]] = one.longest
    return [rows[game] for game in sorted(rows)]


def write(judged: Sequence[Judged], steps: Sequence[dict[str, int | None]], folder: Path) -> list[Path]:
    """Write ``ranking.md`` and ``ranking.html``; return the paths."""
    failed = [one for one in judged if one.counterexample]
    parts: list[Part] = [
        Heading("The second paper, claim by claim"),
        READING,
        Table(
            ("claim", "section", "verdict", "checked"),
            [(one.claim.text, one.claim.where, one.verdict, one.how) for one in judged],
        ),
        Heading("Counterexamples"),
        "What to type to see each: `ecosystem enrich` says who can improve, and plays on if anybody can.",
        Table(("claim", "counterexample"), [(one.claim.text, f"`{one.counterexample}`") for one in failed]),
        Heading("Steps of fair play at q = 1/m, p > 1/m"),
        STEPS,
        Table(
            ("n", "k", "random play", "all paths", "n (n + 3)/2", "n m"),
            [
                [
                    "-" if row[key] is None else str(row[key])
                    for key in ("n", "k", "play", "walk", "recursion", "n_m")
                ]
                for row in steps
            ],
        ),
    ]
    return write_report(parts, folder, "ranking")


def as_dict(judged: Sequence[Judged]) -> list[dict[str, str]]:
    """Return the table for ``--json``."""
    return [
        {"name": one.claim.name, "section": one.claim.where, "claim": one.claim.text}
        | {"verdict": one.verdict, "checked": one.how, "counterexample": one.counterexample}
        for one in judged
    ]
