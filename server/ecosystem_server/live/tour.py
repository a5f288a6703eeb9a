"""The guided tour: the story of Section 4.1 in six stops, beside the live view."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

import solara

from ecosystem_server.board import Json
from ecosystem_server.live.play import LivePlay, LiveStatus
from ecosystem_server.live.setting import Setting
from ecosystem_server.live.survey import Pair, survey, table

SEED = 3
"""A seed on which the paper's picture comes out; the last stop counts how often one does."""
END = 2000
CROWDED = 500


@dataclass(frozen=True)
class Stop:
    """One stop of the tour."""

    title: str
    text: str  # paragraphs, apart by blank lines
    watch: str  # what to look at
    action: str  # name of the button that makes it happen
    setting: Setting  # what the live view shows before
    do: Callable[[LivePlay], None] | None  # what the button asks of the play; None starts the survey


def _until(step: int) -> Callable[[LivePlay], None]:
    return lambda play: play.play(until=step)


def _fork_and_halve(play: LivePlay) -> None:
    play.fork()
    play.change("b", "mechanism", "halved")
    play.play(until=END)


ALONE = Setting(seed=SEED, arms=({},))
STOPS: tuple[Stop, ...] = (
    Stop(
        "Five users, five creators",
        """
        Each diamond is a user and stands for what it likes. What is near the centre is the next best for all. Each
        circle is a creator. Users see the K = 3 nearest creators and mostly choose the best.

        In every step a creator tries a small move in a random direction and keeps it if it pays no less
        (Algorithm 2). Nobody sees the whole map.
        """,
        "Two creators soon find a user of their own. Yellow users are well served, dark ones are not.",
        "Let them look around",
        ALONE,
        _until(150),
    ),
    Stop(
        "The crowd at the centre",
        """
        Best for all would be one creator a user: every diamond covered, welfare close to 2. Standing so, no
        creator would gain by moving anywhere.

        But the centre is a safe place: part of its attention, and some of its neighbours'. Small steps away
        from it do not pay.
        """,
        "Two creators share the central user to the end, and outer users stay dark. Welfare levels off.",
        "Let them settle",
        Setting(seed=SEED, arms=({},), step=150),
        _until(END),
    ),
    Stop(
        "Halve the weight of the centre",
        """
        Now the platform pays half for whatever the central user watches, and nothing else changes (Figure 1,
        right). Both arms have the same start, and the same random directions.
        """,
        "In B the creators in the middle find the outer users worth the trip. Compare the two welfares.",
        "Start both arms",
        Setting(seed=SEED, arms=({}, {"mechanism": "halved"})),
        _until(END),
    ),
    Stop(
        "Too late",
        """
        Arm A has run for 500 steps and has settled. Fork copies it as it stands, its random numbers
        included; then only the mechanism of the copy is changed.

        So whatever differs from here on was caused by the mechanism, and the mark on the axis says when.
        Forked at step 30 instead, which the Live page lets you try, all five users get served.
        """,
        "Nothing differs: nobody gains by a small step any more (Definition 1), at half the weight neither. "
        "What worked from the start comes too late now.",
        "Copy A and halve the centre in B",
        Setting(seed=SEED, arms=({},), step=CROWDED),
        _fork_and_halve,
    ),
    Stop(
        "Why the temperature matters",
        """
        β says how sharply users choose (Eq. 1). At β = 0.1 in A the best creator gets nearly all of a user.
        At β = 10 in B everyone on a user's list gets about the same, so being best is worth little.

        The paper prints β = 10 for this example and must mean the inverse: taken as a temperature, it is B.
        """,
        "In B three crowd the centre instead of two, and even users with a creator of their own get less: "
        "most of what they are shown is somebody else's.",
        "Start, with β = 10 in B",
        Setting(seed=SEED, arms=({}, {"beta": 10.0})),
        _until(END),
    ),
    Stop(
        "How often does it really work?",
        """
        One run is a story, not evidence, and the seed shown so far was chosen because it tells this one
        well. Here are fifty seeds, 2000 steps each, with and without halving, played on this machine now.
        """,
        "Two at the centre becomes rare, and welfare rises on average; yet all five users are seldom served.",
        "Try fifty seeds",
        Setting(seed=SEED, arms=({}, {"mechanism": "halved"}), step=END),
        None,
    ),
)


@solara.component_vue("tour.vue")
def _Tour(
    status: Json, at: int, count: int, stop: Json, survey: Json, event_act: Callable[[str], None]
) -> None: ...


def _use_survey(seeds: int) -> tuple[list[Pair], bool, Callable[[], None]]:
    """Return the survey's outcomes so far, whether it is running, and what starts it; it ends with the page."""
    outcomes, set_outcomes = solara.use_state([])
    running, set_running = solara.use_state(False)
    left = solara.use_memo(threading.Event, [])
    solara.use_effect(lambda: left.set, [])

    def run() -> None:
        survey(seeds, set_outcomes, left)
        if not left.is_set():
            set_running(False)

    def start() -> None:
        if not running:
            set_outcomes([])
            set_running(True)
            threading.Thread(target=run, name="ecosystem survey", daemon=True).start()

    return outcomes, running, start


@solara.component
def TourControls(play: LivePlay, status: LiveStatus) -> None:
    """Show the tour's present stop, its button, and the way on and back."""
    at, set_at = solara.use_state(0)
    outcomes, surveying, start_survey = _use_survey(play.limits.survey)
    stop = STOPS[at]
    solara.use_effect(lambda: play.reset(stop.setting), [at])

    def act(name: str) -> None:
        if name == "do":
            stop.do(play) if stop.do else start_survey()
        elif name in ("next", "back"):
            by = 1 if name == "next" else -1  # from where it is when it is heard, which need not be shown yet
            set_at(lambda at: min(max(at + by, 0), len(STOPS) - 1))
        elif name == "again":
            play.reset(stop.setting)
        else:
            play.act(name)

    here = stop.do is None
    _Tour(
        status=status.shown(),
        at=at,
        count=len(STOPS),
        stop={
            "title": stop.title,
            "text": [" ".join(paragraph.split()) for paragraph in stop.text.strip().split("\n\n")],
            "watch": stop.watch,
            "action": stop.action,
        },
        survey={
            "here": here,
            "running": surveying,
            "done": len(outcomes) if here else 0,
            "total": play.limits.survey if here and (surveying or outcomes) else 0,
            "rows": table(outcomes) if here else [],
        },
        event_act=act,
    )
