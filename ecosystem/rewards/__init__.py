"""How creators are paid: one small file a reward.

To add one, write a frozen dataclass with a ``pay`` method (see `Reward`) in a file of its own and name it in
`REWARDS`.
"""

from __future__ import annotations

from collections.abc import Callable

from ecosystem.rewards.backward import BackwardPay
from ecosystem.rewards.contribution import ContributionPay
from ecosystem.rewards.engagement import EngagementPay
from ecosystem.rewards.lift import LiftPay
from ecosystem.rewards.relevance import RelevancePay
from ecosystem.rewards.reward import Reward, paid
from ecosystem.rewards.traffic import TrafficPay
from ecosystem_agents.inputs import lookup

__all__ = [
    "REWARDS",
    "BackwardPay",
    "ContributionPay",
    "EngagementPay",
    "LiftPay",
    "RelevancePay",
    "Reward",
    "TrafficPay",
    "paid",
    "reward_of",
]

REWARDS: dict[str, Callable[..., Reward]] = {
    "relevance": RelevancePay,
    "traffic": TrafficPay,
    "lift": LiftPay,
    "contribution": ContributionPay,
    "backward": BackwardPay,
    "engagement": EngagementPay,
}
"""Every reward by the name people type."""


def reward_of(name_or_reward: str | Reward) -> Reward:
    """Return the reward of that name (see `lookup`), or the object itself if it can ``pay``.

    Raises
    ------
    BadInput
        If there is no such reward, it cannot be made, or it has no ``pay``.

    Examples
    --------
    >>> reward_of("backward(weights=(1, 0.5))")
    BackwardPay(weights=(1, 0.5))
    """
    return lookup.object_of("reward", name_or_reward, REWARDS, "pay")
