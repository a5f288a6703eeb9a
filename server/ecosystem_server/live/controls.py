"""The controls of the live view: transport, the two arms, what creators and the platform do."""

from __future__ import annotations

from collections.abc import Callable

import solara

from ecosystem_server.address import refuse_file
from ecosystem_server.board import ENTRY, Json
from ecosystem_server.fields import FIELDS, Field
from ecosystem_server.live.play import LivePlay, LiveStatus
from ecosystem_server.live.setting import ARMS, EVERYWHERE, IN_ARMS, Setting


@solara.component_vue("controls.vue")
def _Controls(
    status: Json,
    speeds: list[float],
    groups: list[Json],
    event_act: Callable[[str], None],
    event_pace: Callable[[float], None],
    event_set: Callable[[Json], None],
    event_arms: Callable[[int], None],
    components: dict[str, str] = ENTRY,
) -> None: ...


@solara.component
def LiveControls(play: LivePlay, status: LiveStatus) -> None:
    """Everything one can change while watching."""
    _Controls(
        status=status.shown() | {"two": len(status.setting.arms) == 2},
        speeds=play.offered_speeds(),
        groups=_panel(status.setting, status.running, status.creators),
        event_act=play.act,
        event_pace=lambda speed: play.set_speed(speed),
        event_set=lambda asked: request(play, asked),
        event_arms=lambda count: play.one_or_two(2 if count == 2 else 1),
    )


def request(play: LivePlay, asked: Json) -> None:
    """Pass on a changed control, if it is one of ours."""
    name, arm = asked.get("name"), asked.get("arm") or EVERYWHERE
    if name in FIELDS and arm in (ARMS if name in IN_ARMS else (EVERYWHERE,)):
        play.change(arm, name, asked.get("value"))
    else:
        play.do(lambda: refuse_file(str(name)))


def _panel(following: Setting, running: Setting, n: int) -> list[Json]:
    """Return the controls: of each arm, then of both, with the values that Reset would start."""
    groups = []
    for arm, _ in zip(ARMS, following.arms, strict=False):
        controls = [_control(one, arm, following, running, n) for one in IN_ARMS.values()]
        groups.append({"title": f"Arm {arm.upper()}", "arm": arm, "controls": controls, "folded": False})
    for where in ("creators", "platform"):
        controls = [
            _control(one, EVERYWHERE, following, running, n)
            for one in FIELDS.values()
            if one.where == where and one.applies_to(following.environment)
        ]
        groups.append({"title": where.capitalize(), "arm": "", "controls": controls, "folded": True})
    return groups


def _control(field: Field, arm: str, following: Setting, running: Setting, n: int) -> Json:
    value = following.value(arm, field.name)
    comparable = following.environment == running.environment and (
        arm == EVERYWHERE or ARMS.index(arm) < len(running.arms)
    )
    shown = field.shown()
    if field.options and value not in field.options:
        shown["options"].append({"value": value, "text": value})
    return shown | {
        "value": value,
        "slider": field.slider(n),
        "spoken": field.label if arm == EVERYWHERE else f"{field.label} of arm {arm.upper()}",
        "help": field.help + (". Takes hold at once." if field.live else ". Needs a reset."),
        "waiting": not field.live and comparable and value != running.value(arm, field.name),
    }
