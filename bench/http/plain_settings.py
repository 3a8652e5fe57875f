"""Boardwell's settings, middleware, session and user, with one view that does nothing else."""

from boardwell.config.settings import *  # noqa: F403 - the same settings, whatever they are

ROOT_URLCONF = "plain_urls"
