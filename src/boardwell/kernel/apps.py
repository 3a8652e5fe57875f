"""Registers the kernel with Django."""

from django.apps import AppConfig


class KernelConfig(AppConfig):
    """The ground floor."""

    name = "boardwell.kernel"
    label = "kernel"
