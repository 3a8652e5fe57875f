"""How much past a house needs before anything is forecast; pure."""

FEWEST_STEPS = 30
"""Ended steps of the whole house."""
FEWEST_JOURNEYS = 5
"""Finished journeys."""
