"""The optimiser: which options to take, at what shadow prices, and how far from the best bound."""

from crm_tasks.strategy.optimise.problem import Family, Problem
from crm_tasks.strategy.optimise.solve import Solution, solve

__all__ = ["Family", "Problem", "Solution", "solve"]
