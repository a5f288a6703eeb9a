"""The guided tour beside the live view: each stop asks, plays, and tells which answer the run bears out."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from typing import TypeVar

import solara

from ecosystem_server.board import Json
from ecosystem_server.live.outcomes import End, Ends
from ecosystem_server.live.play import LivePlay, LiveStatus
from ecosystem_server.live.setting import TELLING
from ecosystem_server.live.stops import STOPS, WORLDS
from ecosystem_server.live.survey import survey, table

T = TypeVar("T")

SECONDS, PACE = 5, 40.0
"""How long a stop's run is to be watched, where the server allows that; steps a second of what else is played."""


@solara.component_vue("tour.vue")
def _Tour(
    status: Json,
    stop: Json,
    answer: Json,
    survey: Json,
    event_act: Callable[[str], None],
    event_guess: Callable[[int], None],
) -> None: ...


def _use_state_of(at: int, initial: T) -> tuple[T, Callable[[T], None]]:
    """Return a state of one stop, and what sets it; at another one it is the initial one again."""
    kept, keep = solara.use_state((at, initial))
    return kept[1] if kept[0] == at else initial, lambda value: keep((at, value))


def _use_survey(at: int, play: LivePlay) -> tuple[list[Ends], int, Callable[[], None]]:
    """Return how seeds ended so far, of how many, and what starts them, unless they run; they end with the stop."""
    runs, set_runs = _use_state_of(at, list[Ends]())
    total, set_total = _use_state_of(at, 0)
    left = solara.use_memo(threading.Event, [at])
    solara.use_effect(lambda: left.set, [at])
    stop, limits = STOPS[at], play.limits

    def run() -> None:
        survey(lambda seed: stop.ends(seed, limits), stop.most(limits), set_runs, left)

    def start() -> None:
        if len(runs) == total:
            set_runs([])
            set_total(stop.most(limits))
            threading.Thread(target=run, name="ecosystem survey", daemon=True).start()

    return runs, total, start


@solara.component
def TourControls(play: LivePlay, status: LiveStatus) -> None:
    """Show the tour's present stop, what came of it, and the way on and back."""
    at, set_at = solara.use_state(max(play.stop, 1) - 1)
    guess, set_guess = _use_state_of(at, -1)  # number of an answer, or one more for none of them
    ends, set_ends = _use_state_of(at, tuple[End, ...]())  # of the run that is shown
    runs, total, start_survey = _use_survey(at, play)
    stop = STOPS[at]
    live = not stop.of_seeds and not stop.run

    def begin() -> None:
        play.stop = at + 1
        play.set_speed(PACE)
        play.reset(stop.start)
        set_guess(-1)
        set_ends(())

    def see() -> None:
        if play.now() == stop.setting:
            set_ends(tuple(End.of(arm.model) for arm in play.arms))

    def look() -> None:
        if live and guess >= 0 and not ends and not status.playing and not status.busy:
            play.do(see)

    solara.use_effect(begin, [at])
    solara.use_effect(look, [at, guess, status.playing, status.busy])

    def act(name: str) -> None:
        if name in ("next", "back"):
            by = 1 if name == "next" else -1  # from where it is when it is heard, which need not be shown yet
            set_at(lambda at: min(max(at + by, 0), len(STOPS) - 1))
        elif name == "again":
            begin()
        elif name == "survey":
            start_survey()
        elif name == "onward":
            play.set_speed((stop.setting.step - stop.before) / SECONDS)
            play.go_on(stop.setting)
        elif name in [*WORLDS]:
            play.reset(WORLDS[name])
        else:
            play.act(name)

    def take(number: int) -> None:
        if guess >= 0 or number not in range(len(stop.answers) + 1):
            return
        set_guess(number)
        if stop.of_seeds:
            start_survey()
        elif stop.run:
            set_ends(tuple(stop.ends(TELLING)))
        else:
            act("onward")

    if stop.of_seeds and total and len(runs) == total:
        ends = tuple(run[-1] for run in runs)
    told = stop.told(ends) if guess >= 0 and ends else -1
    counts = Counter(map(stop.told, runs)) if told >= 0 and not stop.of_seeds else {}
    _Tour(
        status=status.shown(),
        stop={
            "at": at,
            "count": len(STOPS),
            "title": stop.title,
            "text": [" ".join(paragraph.split()) for paragraph in stop.text.strip().split("\n\n")],
            "ask": stop.ask,
            "answers": [answer for answer, _ in stop.answers],
            "step": stop.setting.step if live else 0,
            "link": stop.link,
            "worlds": [] if stop.answers else [*WORLDS],
        },
        answer={
            "guess": guess,
            "told": told,
            "why": stop.answers[told][1] if told >= 0 else "",
            "of": "These seeds" if stop.of_seeds else "This run",
            "counts": [counts[number] for number in range(3)] if runs and counts else [],
        },
        survey={
            "done": len(runs),
            "total": total if guess >= 0 else 0,
            "seeds": stop.most(play.limits) if told >= 0 and not stop.of_seeds else 0,
            "arms": stop.arms[: len(ends)] if not stop.of_seeds else stop.arms,
            "rows": table(runs or [ends], stop.counted) if guess >= 0 and (runs or ends) else [],
        },
        event_act=act,
        event_guess=take,
    )
