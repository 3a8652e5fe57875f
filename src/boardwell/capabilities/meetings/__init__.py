"""Meetings: real slots, calendar files, minutes whose actions become steps."""
