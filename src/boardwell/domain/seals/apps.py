"""Registers seals with Django."""

from django.apps import AppConfig


class SealsConfig(AppConfig):
    """The organisation's certificate, and how strongly it seals."""

    name = "boardwell.domain.seals"
    label = "seals"
