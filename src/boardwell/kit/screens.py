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
    """What came of a submission: done (the step ended), saved (something was kept), or errors by field to show again."""

    done: bool = False
    saved: bool = False
    message: str = ""
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

    @abstractmethod
    def context(self, handle: StepHandle, typed: QueryDict | None = None) -> dict[str, Any]:
        """What the template needs; `typed` is what a refused submission held, so that nothing typed is lost."""

    @abstractmethod
    def submit(self, handle: StepHandle, typed: QueryDict, files: Files) -> Submitted:
        """Takes a submission; raises nothing for wrong input but returns errors by field."""

    def hand_out(self, handle: StepHandle, name: str) -> HandedOut | None:
        """A file of the step by name, at `out/<name>` below the step's page; None when there is no such file."""
        return None
