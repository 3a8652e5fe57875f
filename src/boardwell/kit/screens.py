"""How a kind shows itself and takes what a person sends; the door draws the page around it."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict

from boardwell.kit.handle import StepHandle

type Files = MultiValueDict[str, "UploadedFile[Any]"]


@dataclass(frozen=True, slots=True)
class Submitted:
    """What came of a submission: done (the step ended), saved (something was kept), or errors by field to show again.

    `go_to` is the query string of the step's page that follows something saved, such as `page=bank`. `part` answers with the
    screen's own template alone, for a script of the page that asked in passing.
    """

    done: bool = False
    saved: bool = False
    message: str = ""
    go_to: str = ""
    part: bool = False
    errors: Mapping[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HandedOut:
    """A file that a step makes for whoever asks."""

    name: str
    media_type: str
    body: bytes


class Screen(ABC):
    """One kind's part of the page. It must work without JavaScript."""

    template: str
    multipart = False
    """Whether the form carries files."""
    amends = False
    """Whether what was sent can be changed after the step is done; the page then offers `?change=1`."""
    review_template = ""
    """What the team sees of a step that is done, to send it back from; drawn in a form of its own."""

    @abstractmethod
    def context(self, handle: StepHandle, typed: QueryDict | None = None) -> dict[str, Any]:
        """What the template needs; `typed` is what a refused submission held, so that nothing typed is lost."""

    preview_template = ""
    """How a step of this kind will look, for whoever edits a playbook; drawn inside a disabled fieldset."""

    def preview(self, settings: Mapping[str, Any], facts: Mapping[str, Any]) -> dict[str, Any]:
        """What `preview_template` needs, for settings that may be half written."""
        return {}

    def at(self, handle: StepHandle, query: QueryDict, typed: QueryDict | None = None) -> dict[str, Any]:
        """`context` for one of several pages: `query` is what stands behind the ? of the address."""
        return self.context(handle, typed)

    def review(self, handle: StepHandle, typed: QueryDict | None = None) -> dict[str, Any]:
        """What `review_template` needs."""
        return {}

    @abstractmethod
    def submit(self, handle: StepHandle, typed: QueryDict, files: Files) -> Submitted:
        """Takes a submission; raises nothing for wrong input but returns errors by field."""

    def hand_out(self, handle: StepHandle, name: str) -> HandedOut | None:
        """A file of the step by name, at `out/<name>` below the step's page; None when there is no such file."""
        return None

    def keepsakes(self, handle: StepHandle) -> list[tuple[str, str]]:
        """What the ended step hands out to keep: the name at `out/<name>`, and what people call it."""
        return []
