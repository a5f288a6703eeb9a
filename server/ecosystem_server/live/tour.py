"""The guided tour: the story of Section 4.1 in six stops, told beside the live view."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

import solara

from ecosystem_server.live.play import LivePlay
from ecosystem_server.live.setting import Setting
from ecosystem_server.live.status import Status
from ecosystem_server.live.survey import survey, table

SEED = 3
"""A seed on which the paper's picture comes out; the last stop tells how often one does."""
END = 2000
CROWDED = 500


@dataclass(frozen=True)
class Stop:
    """One stop of the tour.

    Attributes
    ----------
    title, text, watch : str
        What is told, paragraphs apart by blank lines, and what to look at.
    action : str
        Name of the button that makes it happen.
    setting : Setting
        What the live view shows before.
    do : callable, optional
        What the button asks of the play; None starts the survey.
    """

    title: str
    text: str
    watch: str
    action: str
    setting: Setting
    do: Callable[[LivePlay], None] | None


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
    at: int,
    count: int,
    title: str,
    text: list[str],
    watch: str,
    action: str,
    playing: bool,
    busy: str,
    message: str,
    survey: bool,
    surveying: bool,
    done: int,
    total: int,
    rows: list[tuple[str, str, str]],
    event_act: Callable[[str], None],
) -> None: ...


@solara.component
def TourControls(play: LivePlay, status: Status) -> None:
    """Show the tour's present stop, its button, and the way on and back.

    Parameters
    ----------
    play : LivePlay
        Plays what the stops show.
    status : Status
        What it is doing.
    """
    at, set_at = solara.use_state(0)
    outcomes, set_outcomes = solara.use_state([])
    surveying, set_surveying = solara.use_state(False)
    left = solara.use_memo(threading.Event, [])
    stop = STOPS[at]

    def enter() -> None:
        play.reset(stop.setting)

    def arrive() -> Callable[[], None]:
        enter()
        return lambda: left.set()

    solara.use_effect(arrive, [])

    def look() -> None:
        if surveying:
            return

        def run() -> None:
            survey(play.limits.survey, set_outcomes, left)
            if not left.is_set():
                set_surveying(False)

        set_outcomes([])
        set_surveying(True)
        threading.Thread(target=run, name="ecosystem survey", daemon=True).start()

    def go(to: int) -> None:
        set_at(to)
        play.reset(STOPS[to].setting)

    def act(name: str) -> None:
        if name == "do":
            look() if stop.do is None else stop.do(play)
        elif name in ("next", "back"):
            go(min(max(at + (1 if name == "next" else -1), 0), len(STOPS) - 1))
        elif name == "again":
            enter()
        elif name in ("play", "pause"):
            play.play() if name == "play" else play.pause()

    here = stop.do is None
    _Tour(
        at=at,
        count=len(STOPS),
        title=stop.title,
        text=[" ".join(paragraph.split()) for paragraph in stop.text.strip().split("\n\n")],
        watch=stop.watch,
        action=stop.action,
        playing=status.playing,
        busy=status.busy,
        message=status.message,
        survey=here,
        surveying=surveying,
        done=len(outcomes) if here else 0,
        total=play.limits.survey if here and (surveying or outcomes) else 0,
        rows=[*table(outcomes)] if here else [],
        event_act=act,
    )
