"""Registers the look with Django."""

from django.apps import AppConfig


class UiConfig(AppConfig):
    """Templates and static files."""

    name = "boardwell.ui"
    label = "ui"
