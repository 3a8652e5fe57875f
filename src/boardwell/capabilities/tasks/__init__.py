"""Plain tasks with a checklist, and milestones."""
