"""The compiled market: the game kept up to date as creators move and terms change."""

from ecosystem.market.market import Market
from ecosystem.market.trials import verdict

__all__ = ["Market", "verdict"]
