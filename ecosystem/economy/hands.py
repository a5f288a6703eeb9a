"""A hand that reaches into a world between two steps: somebody is put elsewhere, let in or taken out.

Users are to be matched anew after it, in expectation: no random number is drawn, so that all who move afterwards
have the chances they would have had. Starts, birthplaces and groups stay; the series `entered` and `left` do not
count who comes or goes by hand.
"""

from __future__ import annotations

import numpy as np

from ecosystem.economy.economy import CreatorEconomy
from ecosystem_agents.inputs.checks import point_of, whole


def put_creator(model: CreatorEconomy, i: int, point: np.ndarray) -> None:
    """Put the creator in row i at the projection of `point` (d,) onto its strategy set."""
    model._audience.move(i, model.project(i, point))


def put_user(model: CreatorEconomy, j: int, point: np.ndarray) -> None:
    """Put user j at `point` (d,): all lists are made anew.

    Raises
    ------
    BadInput
        If there is no such user, or users are in shards.
    """
    users = model.market.users.copy()
    users[whole("user", j, at_least=0, at_most=len(users) - 1)] = point_of("point", point, model.dim)
    model._audience.ask("set_users", users)


def rematch(model: CreatorEconomy) -> None:
    """Match users anew where all stand now, on the terms in force, whoever was moved, let in or taken out."""
    model._audience.match()
    model._matched_on_default = model._deployment.is_default
    model._pay = None
    model._attendance.note_means()
    model._creators.counts()
    model._moves.forget()
