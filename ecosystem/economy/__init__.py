"""The creator economy as a Mesa model: creators, users and a platform, step by step."""

from ecosystem.economy.economy import EVALUATIONS, PAY_TERMS, WEIGHTINGS, CreatorEconomy

__all__ = ["EVALUATIONS", "PAY_TERMS", "WEIGHTINGS", "CreatorEconomy"]
