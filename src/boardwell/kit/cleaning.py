"""Cleaning of what people type, for modules that do without Django."""

from boardwell.kernel.words import line, paragraph

__all__ = ["line", "paragraph"]
