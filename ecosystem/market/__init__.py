"""The compiled market: the game kept up to date as creators move and terms change."""

from ecosystem.market.market import Market, verdict

__all__ = ["Market", "verdict"]
