"""Registers the notifications."""

from importlib import import_module

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """Listeners are known once this is ready."""

    name = "boardwell.listeners.notifications"
    label = "notifications"

    def ready(self) -> None:
        """Makes the listeners and the recurring digest known."""
        import_module("boardwell.listeners.notifications.hearing")
        import_module("boardwell.listeners.notifications.digest")
        import_module("boardwell.listeners.notifications.papers")
        import_module("boardwell.listeners.notifications.weekly")
        import_module("boardwell.listeners.notifications.notices")
