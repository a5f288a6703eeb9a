"""What the theorems' checks found, as parts of a report."""

from __future__ import annotations

import math

from ecosystem.yardsticks.theorem_1 import Gap, Uniqueness
from ecosystem.yardsticks.theorem_2 import Improvement, ProofTerms
from ecosystem_runs.replication.checks import LNE_SEEDS, LNE_STEPS, Checks, EachAtItsUser, Settling
from ecosystem_runs.replication.verdicts import FAILS, HOLDS
from ecosystem_runs.report_parts import Columns, Heading, Part, Table, table_of

AT_USERS_TEXT = "That each creator at its own user is best for users and an equilibrium:"
THEOREM_1 = (
    "K = n, traffic pay, sigma = 1 - |s - x|^2 / 2, five creators in the unit disc, 40 users, six starts. Eq. (15) "
    "holds where its largest eigenvalue is at most 0. It is sufficient, and far from necessary where one "
    "equilibrium is still reached beyond it:"
)
GAP = (
    "The proof's last step takes Eq. (18) for sufficient for Eq. (17), which has the same matrix under weights "
    "A_i (M - A_i) / M^2 that differ from user to user. It is not: in the second game, most users at the centre and "
    "some far outside the disc, the printed condition holds and the needed one fails at a profile (largest "
    "eigenvalues; in the first game neither is above 0). The conclusion survives there: all starts end in one "
    'profile. So Eq. (15) is called "sufficient" here because the theorem says so; its proof is not complete:'
)
PROOF_2 = (
    "Each line of the proof at a random profile, users at the unit vectors of R^d. Eq. (21) asks for F = 0, but "
    "moving towards any user always brings traffic, so that F is above 0 everywhere and no interior equilibrium "
    "exists. Of Eqs. (25) to (28) the approximation is compared with the exact line, which finite differences "
    "confirm: relative errors. Those of F vanish with many creators, as the proof says. That of dW/ds does not: each "
    "dropped product P_k P_i is small, but they are summed over all k, to P_i times the user's mean utility. Blocks "
    "of dF/ds off the diagonal are said to be 0 and are not; and as moving all creators by the same vector changes "
    "no share, dF/ds, which Eq. (22) inverts, is singular. Eq. (30), less its mean, against Eq. (22) by the "
    "pseudo-inverse:"
)
THEOREM_2 = (
    "Its conclusion can be tried all the same, between states that creators settle in inside the unit ball: the "
    "step of Eq. (13), less its mean, against the gradient of W in log weights by finite differences, and what the "
    "step does to W. At high temperatures creators blend and it holds; at low ones each creator sits on one user "
    "and a small step moves nobody:"
)


LNE = (
    "Definition 1 asks for an open set in which nobody gains. Share of creators who gain, and the largest gain over "
    f"mean pay, sampled within eta / 64 after T = {LNE_STEPS} steps of some length, means over {LNE_SEEDS} seeds, no "
    "intervention; *then down to*: as many steps again of each of eta / 4, eta / 16 and eta / 64, from where the "
    "longer ones led:"
)


def theorem_parts(checks: Checks) -> list[Part]:
    """Return Section 4.1's equilibrium, both theorems and local equilibria, each with its table."""
    tables: list[tuple[str | None, str, Table]] = [
        (None, AT_USERS_TEXT, table_of(checks.each_at_its_user, AT_USERS)),
        ("Theorem 1", THEOREM_1, table_of(checks.theorem_1, UNIQUE)),
        ("Theorem 1: the gap", GAP, table_of(checks.theorem_1_gap, GAPS)),
        ("Theorem 2: its proof", PROOF_2, table_of(checks.theorem_2_proof, PROOF)),
        ("Theorem 2: its step", THEOREM_2, table_of(checks.theorem_2, IMPROVED)),
        ("Local equilibria", LNE, table_of(checks.lne, SETTLING)),
    ]
    parts: list[Part] = []
    for heading, text, table in tables:
        if table.rows:
            parts += [*([] if heading is None else [Heading(heading)]), text, table]
    return parts


AT_USERS: Columns[EachAtItsUser] = {
    "temperature": lambda one: f"{one.beta:g}",
    "welfare at s = x": lambda one: f"{one.welfare:.5f}",
    "best found": lambda one: f"{one.planned:.5f}",
    "largest gain on a 161 x 161 grid": lambda one: f"{one.gain:.5f}",
    "verdict": lambda one: HOLDS if one.holds else FAILS,
}

UNIQUE: Columns[Uniqueness] = {
    "temperature": lambda one: f"{one.beta:g}",
    "largest eigenvalue": lambda one: f"{one.eigenvalue:+.3f}",
    "Eq. (15)": lambda one: "yes" if one.assumed else "no",
    "starts end apart": lambda one: f"{one.apart:.1e}",
    "largest gain": lambda one: f"{one.gain:.1e}",
    "one reached": lambda one: "yes" if one.unique else "no",
}

GAPS: Columns[Gap] = {
    "Eq. (15)": lambda one: f"{one.printed:+.3f}",
    "Eq. (17)": lambda one: f"{one.needed:+.3f}",
    "starts end apart": lambda one: f"{one.apart:.1e}",
    "printed holds, needed fails": lambda one: "yes" if one.opens else "no",
}

PROOF: Columns[ProofTerms] = {
    "d": lambda one: str(one.dim),
    "creators": lambda one: str(one.n_creators),
    "temperature": lambda one: f"{one.beta:g}",
    "F, least / most (21)": lambda one: f"{one.slope:.0e}",
    "dW/ds (25)": lambda one: f"{one.welfare:.2g}",
    "F and dF/dw (26, 27)": lambda one: f"{one.first_order:.2g}",
    "dF/ds on the diagonal (28)": lambda one: f"{one.diagonal:.2g}",
    "beside it, said to be 0": lambda one: f"{one.coupling:.2g}",
    "singular values, least / most (22)": lambda one: f"{one.singular:.0e}",
    "dropping beta (29)": lambda one: f"{one.last:.2g}",
    "cosine (30)": lambda one: f"{one.cosine:+.2f}",
}

IMPROVED: Columns[Improvement] = {
    "creators": lambda one: str(one.n_creators),
    "temperature": lambda one: f"{one.beta:g}",
    "cosine": lambda one: "no response" if math.isnan(one.cosine) else f"{one.cosine:+.2f}",
    "W rises": lambda one: f"{one.improved:.0%}",
    "W stays": lambda one: f"{one.unchanged:.0%}",
    "mean change of W": lambda one: f"{one.change:+.2%}",
}

SETTLING: Columns[Settling] = {
    "environment": lambda one: one.environment,
    "steps": lambda one: one.steps,
    "creators who gain": lambda one: f"{one.gaining:.1%}",
    "largest gain": lambda one: f"{one.largest:.2e}",
    "welfare": lambda one: f"{one.welfare:.4f}",
}
