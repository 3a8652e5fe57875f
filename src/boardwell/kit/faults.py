"""What a kind's own check says of its settings."""

from boardwell.domain.playbooks.faults import Declared, SettingFault

__all__ = ["Declared", "SettingFault"]
