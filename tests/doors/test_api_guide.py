"""The guide to the API names every operation that there is, and none that there is not."""

import re

from django.test import Client

from tests.conftest import ROOT


def test_the_guide_and_the_document_name_the_same_operations(db) -> None:
    paths = Client().get("/api/v1/openapi.json").json()["paths"]
    guide = (ROOT / "docs" / "guides" / "api.md").read_text(encoding="utf-8")
    said: set[str] = set()
    for row in re.findall(r"^\|[^|]+\|(.+)\|$", guide, re.MULTILINE):
        base = ""
        for word in re.findall(r"(/v1/[\w{}/-]+|(?<=`)/[\w-]+(?=`))", row):
            said.add(word if word.startswith("/v1") else base.rpartition("/")[0] + word)
            base = word if word.startswith("/v1") else base
    there = {re.sub(r"\{\w+_id\}", "{id}", path.removeprefix("/api")) for path in paths}
    assert said == there
