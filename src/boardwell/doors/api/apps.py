"""Registers the door."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """Doors have no tables."""

    name = "boardwell.doors.api"
    label = "api_door"
