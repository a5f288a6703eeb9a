"""The world the agents act in: games, the compiled market, environments and the Mesa models."""

from ecosystem.economy import CreatorEconomy

__all__ = ["CreatorEconomy"]
