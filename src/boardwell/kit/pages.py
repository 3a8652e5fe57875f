"""A page that each member has for themselves, drawn by the workspace around what a capability gives it."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from django.http import QueryDict

from boardwell.kit.screens import Submitted


class OwnPage(ABC):
    """One page of one's own at /<organisation>/own/<key>/. For members who may do steps; it must work without JavaScript."""

    key: ClassVar[str]
    icon: ClassVar[str]
    template: ClassVar[str]

    @property
    @abstractmethod
    def label(self) -> str:
        """What the menu calls it, translated."""

    @abstractmethod
    def context(self, typed: QueryDict | None = None) -> Mapping[str, Any]:
        """What the template needs, for the member who acts; `typed` is what a refused submission held."""

    @abstractmethod
    def submit(self, typed: QueryDict) -> Submitted:
        """Takes a submission; may raise Invalid, whose fields are shown."""
