"""The world the agents act in: games, the compiled market, environments and the Mesa models."""

# Not lazily: importing the module `ecosystem.batch` later would put it in the place of the function.
from ecosystem.batch import batch
from ecosystem.economy import CreatorEconomy

__all__ = ["CreatorEconomy", "batch"]
