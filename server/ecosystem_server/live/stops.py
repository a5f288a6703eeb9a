"""What the tour tells: its worlds, and stops that ask before they show."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from ecosystem_server.limits import OWN_MACHINE, Limits
from ecosystem_server.live import outcomes
from ecosystem_server.live.outcomes import USUAL, Counted, End, Ends
from ecosystem_server.live.setting import FORK, TELLING, Change, Setting
from ecosystem_server.live.survey import played
from ecosystem_server.ranking.setting import RankingSetting

SOON, SETTLED, LATE, NICHES = 30, 300, 600, 400
MOVES = 100
"""Of a ranking game, after which it counts as not settled."""

MENDED = {"reward": "contribution", "turnover": "least_paid"}
WORLDS = {
    "Five users": Setting(seed=TELLING, arms=({},)),
    "Centre halved in B": Setting(seed=TELLING, arms=({}, {"mechanism": "halved"})),
    "β = 10 in B": Setting(seed=TELLING, arms=({}, {"beta": 10.0})),
    "Niches": Setting("niches", TELLING, arms=({},)),
    "Niches, mended in B": Setting("niches", TELLING, arms=({}, MENDED)),
}
ALONE, HALVED, FLAT, CROWD, MENDING = WORLDS.values()
FORKED = (Change(SETTLED, "b", FORK), Change(SETTLED, "b", "mechanism", "halved"))
GAMES = {q: RankingSetting(2, 3, threshold=q) for q in ("2/5", "1/2", "3/5")}
CLUSTERS: tuple[Counted, ...] = (("clusters served", USUAL[0][1]), ("at the largest", USUAL[1][1]), USUAL[2])


@dataclass(frozen=True)
class Stop:
    """One stop of the tour; without a question, a sandbox."""

    title: str
    text: str  # paragraphs, apart by blank lines
    ask: str = ""
    answers: tuple[tuple[str, str], ...] = ()  # three: what one may guess, and why, where it comes out
    told: Callable[[Ends], int] = outcomes.serves_more  # which answer it was
    setting: Setting = ALONE  # the worlds, what changes on the way, and the step at which the answer is told
    before: int = 0  # how far they have gone when it asks
    counted: tuple[Counted, ...] = USUAL  # what a table says of each arm
    arms: tuple[str, ...] = ("A", "B")
    seeds: int = 50  # of its survey
    of_seeds: bool = False  # whether it asks about the survey
    link: str = ""  # another page that has more of it
    run: Callable[[int], Ends] | None = None  # its ends with a seed; of its worlds, unless it has none

    @property
    def start(self) -> Setting:
        """What the page shows when it asks."""
        return replace(self.setting, changes=(), step=self.before)

    def most(self, limits: Limits) -> int:
        """Return how many seeds its survey has on this server."""
        return min(self.seeds, limits.survey)

    def ends(self, seed: int, limits: Limits = OWN_MACHINE) -> Ends:
        """Return how its arms end with a seed, played out of sight."""
        if self.run:
            return self.run(seed)
        return tuple(End.of(model) for model in played(replace(self.setting, seed=seed), limits))


def _games(seed: int) -> Ends:
    ends = []
    for game in GAMES.values():
        model = replace(game, seed=seed).model()
        model.run(MOVES)
        ends.append(End.of_game(model))
    return tuple(ends)


STOPS: tuple[Stop, ...] = (
    Stop(
        "Five users, five creators",
        """
        Each diamond is a user and stands for what it likes. What is near the centre is the next best for all. Each
        circle is a creator. Users see the K = 3 nearest creators and mostly choose the best.

        In every step a creator tries a small move in a random direction and keeps it if it pays no less
        (Algorithm 2). Nobody sees the whole map.
        """,
        "After 30 steps, how many of the four outer users have a creator within 0.3?",
        (
            ("None", "A creator sees only whether its next step pays. None was led to an outer user so far."),
            ("Some", "A creator sees only whether its next step pays. Some were led to an outer user."),
            ("All four", "A creator sees only whether its next step pays. That led to all four."),
        ),
        outcomes.outer,
        replace(ALONE, step=SOON),
    ),
    Stop(
        "The crowd at the centre",
        """
        Best for all would be one creator a user: every diamond covered, welfare close to 2. Standing so, no
        creator would gain by moving anywhere.
        """,
        "Left alone until step 300, will they come to that?",
        (
            ("Yes, all five users are served", "From this start, steps that pay led to one creator a user."),
            (
                "No, two or more share the central user",
                "The centre is next best for everybody: a share of it pays more than the first steps away from it.",
            ),
            (
                "No, though the centre is not crowded",
                "Who is not there need not be where somebody is missing.",
            ),
        ),
        outcomes.crowded,
        replace(ALONE, step=SETTLED),
        SOON,
    ),
    Stop(
        "Halve the weight of the centre",
        """
        Now the platform pays half for whatever the central user watches, and nothing else changes (Figure 1,
        right). Both arms have the same start, and the same random directions.
        """,
        "At step 300, how many users are served in B?",
        (
            ("More than in A", "Paid half at the centre, creators find outer users worth the trip."),
            ("As many as in A", "Who leaves the centre need not come where somebody is missing."),
            ("Fewer than in A", "Who leaves the centre may be missed there, and reach nobody else."),
        ),
        setting=replace(HALVED, step=SETTLED),
    ),
    Stop(
        "Halve it later",
        """
        Arm A has run for 300 steps. Fork (a button of the Live page) copies it as it stands, its random numbers
        included; then only the centre's weight is halved in the copy.

        So whatever differs from here on was caused by the mechanism, and the mark on the axis says when.
        """,
        "After 300 steps more, what has halving done?",
        (
            ("More users are served in B", "Somebody could still gain by a step towards a user."),
            (
                "Hardly anything",
                "No small step paid any more here (Definition 1), nor does one at half the weight: too late.",
            ),
            (
                "Something, but no more users served",
                "Somebody could still gain, but not by a step to a user.",
            ),
        ),
        outcomes.too_late,
        replace(ALONE, changes=FORKED, step=LATE),
        SETTLED,
    ),
    Stop(
        "Why the temperature matters",
        """
        β says how sharply users choose (Eq. 1). At β = 0.1 in A the best creator gets nearly all of a user.
        At β = 10 in B everyone on a user's list gets about the same.

        The paper prints β = 10 for this example and must mean the inverse: taken as a temperature, it is B.
        """,
        "At step 300, how many creators are at the centre in B?",
        (
            (
                "More than in A",
                "With choice that flat being best is worth little, and being on many lists much.",
            ),
            (
                "As many as in A",
                "With choice that flat being best is worth little, at the centre as elsewhere.",
            ),
            (
                "Fewer than in A",
                "With choice that flat being best is worth little, at the centre as elsewhere.",
            ),
        ),
        outcomes.crowds_more,
        replace(FLAT, step=SETTLED),
    ),
    Stop(
        "How often does it really work?",
        """
        One run is a story, not evidence, and the seed shown so far was chosen because it tells this one
        well. Now other seeds, 300 steps each, with and without halving, played on this machine.
        """,
        "With halving, in how many of them are all five users served?",
        (
            ("In more than half", "On these seeds it works more often than not."),
            (
                "In a tenth to a half",
                "It works in some. In most an outer user is still missed, or now the centre is: see all rows.",
            ),
            ("In less than a tenth", "What the first seed told is rare. Look at all rows."),
        ),
        outcomes.often,
        replace(HALVED, step=SETTLED),
        SETTLED,
        counted=(
            ("all five served", lambda end: end.served == end.places),
            ("two or more at the centre", lambda end: end.crowd >= 2),
            USUAL[2],
        ),
        of_seeds=True,
    ),
    Stop(
        "Ten niches",
        """
        Ten clusters of users in 16 dimensions, drawn in a plane, where some lie on top of each other; the first has a
        third of all users, the last a twenty-fifth. Ten creators start at the largest, and the platform does nothing.
        """,
        "After 400 steps, how many clusters have a creator within 0.3 of their middle?",
        (
            ("All ten", "From this start, steps that pay led to every cluster."),
            ("More than half", "Steps that pay led to most clusters, and past others."),
            ("Half of them, or fewer", "A share of many users often pays better than a step towards few."),
        ),
        outcomes.spread,
        replace(CROWD, step=NICHES),
        counted=CLUSTERS,
        seeds=20,
    ),
    Stop(
        "Paid for being missed",
        """
        In B each creator is paid for what its users would miss without it (contribution pay). Now and then the one
        paid least leaves, if that is little, and a newcomer starts near a user.
        """,
        "After 400 steps, how many clusters are served in B?",
        (
            (
                "More than in A",
                "One of a crowd is missed little and paid little; one alone in a niche is missed.",
            ),
            ("As many as in A", "Leaving and coming did not reach more clusters than steps alone."),
            ("Fewer than in A", "Who left was missed, and newcomers did not make up for it."),
        ),
        setting=replace(MENDING, step=NICHES),
        counted=CLUSTERS,
        seeds=20,
    ),
    Stop(
        "A threshold for publishers",
        """
        Another game, whose picture has a page of its own (the board here still shows the last stop's world): two
        publishers spread a budget of 1 over three queries, and the best document wins a query. Static documents,
        which the platform adds, set a threshold q below which no publisher wins.

        One at a time they give their best answer, up to 100 moves, at q = 2/5, 1/2 and 3/5.
        """,
        "At q = 2/5, does it settle?",
        (
            ("Yes, with every query served", "Nobody can improve, and every query has a publisher."),
            ("Yes, but a query goes unserved", "Nobody can improve, and that costs a query."),
            (
                "No, not in 100 moves",
                "At that q no profile is an equilibrium; at 1/2 one is.",
            ),
        ),
        outcomes.settles,
        counted=(("settled", lambda end: end.settled), ("queries served", USUAL[0][1])),
        arms=tuple(f"q = {q}" for q in GAMES),
        link=GAMES["2/5"].to_query(),
        run=_games,
    ),
    Stop(
        "Sandbox",
        """
        All worlds of the tour. Drag a creator, double-click free ground to add one, go back with the slider, and see
        what would have happened.
        """,
    ),
)
