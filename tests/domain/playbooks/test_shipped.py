"""Every playbook that ships: whole in six languages, and the same bytes when it comes out again."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from boardwell.domain.journeys.kinds import kind_rules
from boardwell.domain.playbooks.actions.write_playbook import import_playbook
from boardwell.domain.playbooks.problems import LANGUAGES
from boardwell.domain.playbooks.queries import latest_published
from boardwell.domain.playbooks.yamlfile import load
from boardwell.doors.console.playbooks import app

SHIPPED = sorted((Path(__file__).resolve().parents[3] / "playbooks").glob("*.yaml"))
every_shipped = pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)


def texts(value: Any, where: str = "") -> Iterator[tuple[str, dict[str, str]]]:
    """Every text of a document with the place where it stands."""
    if isinstance(value, dict) and value and set(value) <= set(LANGUAGES):
        yield where, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from texts(inner, f"{where}/{key}")
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from texts(inner, f"{where}/{inner.get('key', number) if isinstance(inner, dict) else number}")


def test_the_playbooks_are_found() -> None:
    assert {"consulting", "financial-services", "four-steps", "saas", "software"} <= {path.stem for path in SHIPPED}


@every_shipped
def test_every_text_is_there_in_six_languages_and_in_the_scripts_own_letters(path: Path) -> None:
    found = list(texts(load(path.read_text(encoding="utf-8")).plain))
    assert len(found) > 50
    assert [where for where, words in found if set(words) != set(LANGUAGES)] == []
    for language, first, last in (("hi", 0x0900, 0x097F), ("bn", 0x0980, 0x09FF), ("mn", 0x0400, 0x04FF)):
        others = [where for where, words in found if not any(first <= ord(letter) <= last for letter in words[language])]
        # Names of products are the same everywhere.
        assert [where for where in others if dict(found)[where][language] != dict(found)[where]["en"]] == []


@every_shipped
def test_it_comes_out_as_it_went_in(house, path: Path) -> None:
    with house.as_owner():
        import_playbook(path.read_bytes().decode("utf-8"), kind_rules())
        kept = latest_published(path.stem)
        assert kept.source.encode() == path.read_bytes()
        assert kept.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    exported = CliRunner().invoke(app, ["export", path.stem, "--organisation", house.slug])
    assert (exported.exit_code, exported.stdout_bytes) == (0, path.read_bytes())
