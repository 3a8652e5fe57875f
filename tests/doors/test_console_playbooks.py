"""`boardwell playbook …` as somebody types it: what it prints and how it ends."""

import json
from pathlib import Path

import jsonschema
import pytest
from django.utils import translation
from typer.testing import CliRunner

from boardwell.domain.journeys.kinds import kind_rules
from boardwell.domain.playbooks.problems import lint
from boardwell.domain.playbooks.problemwords import words_of
from boardwell.domain.playbooks.yamlfile import load
from boardwell.doors.console.playbooks import app
from tests.conftest import SMALL

runner = CliRunner()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "small.yaml"
    path.write_text(SMALL, encoding="utf-8")
    return path


def test_lint_prints_place_words_and_code_and_fails_on_errors_only(file: Path) -> None:
    sound = runner.invoke(app, ["lint", str(file)])
    assert (sound.exit_code, sound.output) == (0, f"{file}: No problems\n")
    file.write_text(SMALL.replace("owner: lead", "owner: leed", 1), encoding="utf-8")
    faulty = runner.invoke(app, ["lint", str(file)])
    assert (faulty.exit_code, faulty.output) == (1, f"{file}:17:9: error: There is no role “leed”. Did you mean “lead”? [unknown_role]\n")
    file.write_text(SMALL.replace(", fact: seats", ""), encoding="utf-8")
    warned = runner.invoke(app, ["lint", str(file)])
    assert (warned.exit_code, "warning: No step records the fact “seats”" in warned.output) == (0, True)


def test_lint_speaks_the_language_asked_for_or_the_terminals(file: Path) -> None:
    file.write_text(SMALL.replace("owner: lead", "owner: leed", 1), encoding="utf-8")
    with translation.override("bn"):
        bengali = words_of(next(one for one in lint(file.read_text(encoding="utf-8"), kinds=kind_rules()) if one.code == "unknown_role"))
    said = f"{file}:17:9: error: {bengali} [unknown_role]\n"
    assert "leed" in bengali
    assert not bengali.startswith("There is no role")
    assert runner.invoke(app, ["lint", "--language", "bn", str(file)]).output == said
    assert runner.invoke(app, ["lint", str(file)], env={"LC_ALL": "", "LC_MESSAGES": "", "LANG": "bn_BD.UTF-8"}).output == said
    for elsewhere in ("de_DE.UTF-8", "C.UTF-8", ""):
        answer = runner.invoke(app, ["lint", str(file)], env={"LC_ALL": "", "LC_MESSAGES": "", "LANG": elsewhere})
        assert "There is no role “leed”" in answer.output
    unknown = runner.invoke(app, ["lint", "--language", "de", str(file)])
    assert (unknown.exit_code, "en, hi, bn, az, ms, mn" in unknown.output) == (2, True)


def test_lint_names_a_file_that_it_cannot_read(tmp_path: Path) -> None:
    (tmp_path / "latin.yaml").write_bytes(b"\xff")
    assert [runner.invoke(app, ["lint", str(tmp_path / name)]).exit_code for name in ("none.yaml", "latin.yaml")] == [2, 2]


def test_diff_tells_a_difference_in_meaning_from_one_in_layout(file: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.yaml"
    other.write_text("# moved\n" + SMALL, encoding="utf-8")
    assert runner.invoke(app, ["diff", str(file), str(other)]).exit_code == 0
    other.write_text(SMALL.replace("{days: 3}", "{days: 4}"), encoding="utf-8")
    answer = runner.invoke(app, ["diff", str(file), str(other)])
    assert (answer.exit_code, "steps.needs.due" in answer.output) == (1, True)


def test_schema_is_one_that_a_playbook_fits() -> None:
    schema = json.loads(runner.invoke(app, ["schema"]).output)
    jsonschema.Draft202012Validator(schema).validate(load(SMALL).plain)


def test_import_and_export_give_the_same_bytes(house, file: Path) -> None:
    source = SMALL.replace("{en: Welcome}", "{en: 'Hello, ঢাকা'}") + "# the end   of it"
    file.write_text(source, encoding="utf-8")
    assert runner.invoke(app, ["import", str(file), "--organisation", "acme"]).exit_code == 0
    assert runner.invoke(app, ["export", "small", "--organisation", "acme"]).stdout_bytes == source.encode()


def test_import_of_a_faulty_file_names_every_fault_and_changes_nothing(house, file: Path) -> None:
    file.write_text(SMALL.replace("owner: lead", "owner: leed", 1).replace("kind: form", "kind: farm"), encoding="utf-8")
    answer = runner.invoke(app, ["import", str(file), "--organisation", "acme"])
    assert answer.exit_code == 1
    assert runner.invoke(app, ["export", "small", "--organisation", "acme"]).stdout_bytes == SMALL.encode()
    assert runner.invoke(app, ["import", str(file), "--organisation", "nobody"]).exit_code == 2
