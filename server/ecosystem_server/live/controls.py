"""The controls of the live view: transport, the two arms, what creators and the platform do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import solara

from ecosystem_agents.inputs.checks import BadInput
from ecosystem_server.address import refuse_file
from ecosystem_server.entry import ENTRY
from ecosystem_server.fields import FIELDS, Field
from ecosystem_server.live.play import LivePlay
from ecosystem_server.live.setting import ARMS, EVERYWHERE, Setting
from ecosystem_server.live.status import Status

SPEEDS = (1, 2, 5, 10, 20, 30, 40, 60, 100, 200, 500, 1e6)
"""Steps a second on offer; the last is as fast as the machine can."""


@solara.component_vue("controls.vue")
def _Controls(
    components: dict[str, str],
    playing: bool,
    busy: str,
    message: str,
    failed: bool,
    revision: int,
    speed: float,
    speeds: list[float],
    two: bool,
    groups: list[dict[str, Any]],
    event_act: Callable[[str], None],
    event_pace: Callable[[float], None],
    event_set: Callable[[dict[str, Any]], None],
    event_arms: Callable[[int], None],
) -> None: ...


@solara.component
def LiveControls(play: LivePlay, status: Status) -> None:
    """Everything one can change while watching.

    Parameters
    ----------
    play : LivePlay
        Takes the requests.
    status : Status
        What to show.
    """
    acts = {name: getattr(play, name) for name in ("play", "pause", "step", "epoch", "reset", "fork")}
    _Controls(
        components=ENTRY,
        playing=status.playing,
        busy=status.busy,
        message=status.message,
        failed=status.failed,
        revision=status.revision,
        speed=min(status.speed, 1e6),
        speeds=[speed for speed in SPEEDS if speed <= max(play.limits.speed, SPEEDS[0])],
        two=len(status.next.arms) == 2,
        groups=panel(status.next, status.running),
        event_act=lambda name: acts[name]() if name in acts else None,
        event_pace=lambda speed: play.set_speed(speed),
        event_set=lambda asked: request(play, asked),
        event_arms=lambda count: play.one_or_two(2 if count == 2 else 1),
    )


def request(play: LivePlay, asked: dict[str, Any]) -> None:
    """Pass on a changed control, if it is one of ours."""
    name, arm = asked.get("name"), asked.get("arm") or EVERYWHERE
    try:
        refuse_file(str(name))
    except BadInput as error:
        play.complain(str(error))
        return
    if name in FIELDS and arm in ((*ARMS,) if FIELDS[name].where == "arm" else (EVERYWHERE,)):
        play.change(arm, name, asked.get("value"))


def panel(following: Setting, running: Setting) -> list[dict[str, Any]]:
    """Return the groups of controls: an arm each, then what both share."""
    groups: list[dict[str, Any]] = []
    for arm, _ in zip(ARMS, following.arms, strict=False):
        fields = [_control(f, arm, following, running) for f in FIELDS.values() if f.where == "arm"]
        groups.append({"title": f"Arm {arm.upper()}", "arm": arm, "fields": fields, "folded": False})
    for where in ("creators", "platform"):
        fields = [
            _control(f, EVERYWHERE, following, running)
            for f in FIELDS.values()
            if f.where == where and f.applies_to(following.environment)
        ]
        groups.append({"title": where.capitalize(), "arm": "", "fields": fields, "folded": True})
    return groups


def _control(field: Field, arm: str, following: Setting, running: Setting) -> dict[str, Any]:
    value = following.value(arm, field.name)
    known = following.environment == running.environment and (
        arm == EVERYWHERE or ARMS.index(arm) < len(running.arms)
    )
    options = field.options and [{"value": key, "text": text} for key, text in field.options.items()]
    return {
        "name": field.name,
        "label": field.label,
        "said": field.label if arm == EVERYWHERE else f"{field.label} of arm {arm.upper()}",
        "help": field.help + (". Takes hold at once." if field.live else ". Needs a reset."),
        "value": value,
        "options": options,
        "min": field.low,
        "max": field.high if field.high < 1e9 else None,
        "step": "any" if not field.is_whole else field.nudge,
        "wide": field.name in ("mechanism", "reward"),
        "waiting": not field.live and known and value != running.value(arm, field.name),
    }
