"""The house's rules that no linter knows: sizes, names, texts, templates, one list of exceptions that is empty."""

import ast
import re
import subprocess
import sys
import tomllib
import warnings
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "boardwell"
FILES = sorted(path for path in SOURCE.rglob("*.py") if "migrations" not in path.parts)
TEMPLATES = sorted(path for path in SOURCE.rglob("templates/**/*.html") if "mail" not in path.parts)
GETTEXT = {"_", "gettext", "gettext_lazy", "ngettext", "pgettext"}
UNSCOPED_PLACES = {
    "domain/accounts/queries.py": 5, "domain/audit/checkpoints.py": 1, "domain/audit/verify.py": 1, "domain/automations/tasks.py": 1,
    "domain/journeys/clockwork.py": 1, "domain/journeys/queries/seats.py": 1, "domain/journeys/tasks.py": 7, "domain/papers/tasks.py": 1, "domain/people/keyring.py": 1,
    "domain/people/queries.py": 3, "domain/vault/tasks.py": 2, "listeners/notifications/digest.py": 1, "listeners/notifications/notices.py": 1,
    "listeners/notifications/weekly.py": 1,
}  # fmt: skip


def test_files_stay_readable() -> None:
    sizes = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in FILES}
    for name in [name for name, lines in sizes.items() if lines > 400]:
        warnings.warn(f"{name} has {sizes[name]} lines", stacklevel=1)
    assert {name: lines for name, lines in sizes.items() if lines > 600} == {}


def test_no_module_is_called_after_nothing() -> None:
    banned = {"utils", "helpers", "misc", "services", "managers", "common", "data", "info"}
    assert [str(path) for path in FILES if path.stem in banned or banned & set(path.relative_to(SOURCE).parts)] == []


def test_import_contracts_have_no_exceptions() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    assert len(contracts) == 10
    assert [contract["name"] for contract in contracts if "ignore_imports" in contract] == []


def test_pure_modules_are_all_in_the_contract() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    listed = set(next(c for c in contracts if c["name"] == "The thinking parts do not touch Django")["source_modules"])
    said = {
        "boardwell." + ".".join(path.relative_to(SOURCE).with_suffix("").parts)
        for path in FILES
        if (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").split("\n")[0].rstrip(".").endswith("; pure")
    }
    assert said <= listed, f"say in pyproject that these are pure: {sorted(said - listed)}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_module_says_what_it_is_in_one_sentence_and_translates_whole_texts(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    if tree.body:
        assert ast.get_docstring(tree), "a module's docstring is its line in the code map"
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in GETTEXT:
            assert not any(isinstance(argument, ast.JoinedStr) for argument in node.args), f"line {node.lineno}: f-string inside gettext"


def test_unscoped_reads_stand_where_they_are_known() -> None:
    found = {}
    for path in FILES:
        count = path.read_text(encoding="utf-8").count("tenancy.unscoped(")
        if count:
            found[str(path.relative_to(SOURCE))] = count
    assert found == UNSCOPED_PLACES


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_templates_have_no_inline_style_or_script(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert re.search(r"<style|\sstyle=|\son[a-z]+=\"", text) is None
    assert re.search(r"<script(?![^>]*src=)", text) is None


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_templates_have_no_text_outside_translation(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    text = re.sub(r"\{%\s*blocktranslate.*?endblocktranslate\s*%\}", "", text, flags=re.DOTALL)
    text = re.sub(r"\{% block width %\}\w+\{% endblock %\}", "", text)
    text = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", "", text, flags=re.DOTALL)
    text = re.sub(r"<[^>]*>", " ", text, flags=re.DOTALL)
    words = [word for word in re.findall(r"[A-Za-z]{3,}", text.replace("&amp;", "")) if word != "Boardwell"]
    assert words == []


def test_nothing_committed_names_a_registry_or_this_machine() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    banned = [
        ".".join(("pypi", "org")),
        ".".join(("registry", "npmjs")),
        ".".join(("files", "pythonhosted")),
        "/".join(("", "work", "main")),
    ]
    found = []
    for name in listed:
        path = ROOT / name
        if path.is_file() and path.suffix not in {".woff2", ".png"}:
            text = path.read_text(encoding="utf-8", errors="ignore")
            found += [f"{name}: {word}" for word in banned if word in text]
    assert found == []


def test_every_text_is_translated_into_all_languages() -> None:
    answer = subprocess.run([sys.executable, "script/messages.py", "check"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stdout[:3000]


def test_migrations_are_complete_and_linear(db) -> None:
    from django.core.management import call_command

    call_command("makemigrations", "--check", "--dry-run", verbosity=0)
    for folder in SOURCE.rglob("migrations"):
        numbers = sorted(path.name[:4] for path in folder.glob("0*.py"))
        assert numbers == [f"{n:04}" for n in range(1, len(numbers) + 1)]
        for path in folder.glob("0*.py"):
            imported = re.findall(r"^(?:from|import) (boardwell\S*)", path.read_text(encoding="utf-8"), re.MULTILINE)
            assert [name for name in imported if not name.startswith(("boardwell.kernel", "boardwell.kit.rows"))] == []


def test_the_code_map_says_what_the_packages_say() -> None:
    said = dict(re.findall(r"^\| `([a-z_/]+)` \| (.+) \|$", (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8"), re.MULTILINE))
    found = {}
    for path in SOURCE.rglob("__init__.py"):
        name = path.parent.relative_to(SOURCE).as_posix()
        if name != "." and not {"migrations", "templatetags"} & set(path.parts):
            found[name] = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    assert said == found
