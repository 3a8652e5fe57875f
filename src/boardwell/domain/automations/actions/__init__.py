"""The verbs of automations."""
