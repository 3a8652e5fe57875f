"""Registers the door."""

from django.apps import AppConfig


class SignInConfig(AppConfig):
    """Doors have no tables. Its templates replace allauth's, so it is listed before it."""

    name = "boardwell.doors.sign_in"
    label = "sign_in_door"

    def ready(self) -> None:
        """Starts listening to what allauth says happened."""
        from boardwell.doors.sign_in import happenings

        happenings.listen()
