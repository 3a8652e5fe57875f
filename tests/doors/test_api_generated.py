"""The API against a generator that reads its own OpenAPI document: answers as promised, what does not fit refused, nobody in without a key.

BOARDWELL_API_EXAMPLES sets how many requests each operation gets of each kind.
"""

import os
import re
from collections.abc import Callable, Iterable
from typing import Any

import pytest
import schemathesis
from django.test import Client
from django.test.client import ClientHandler
from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi import checks

from boardwell.domain.people.actions.manage_api_keys import create_api_key
from tests.doors.test_api import ALL

EXAMPLES = int(os.environ.get("BOARDWELL_API_EXAMPLES", "25"))
METHODS = ("get", "post", "put", "patch", "delete", "head", "options", "trace")
ALWAYS = [
    schemathesis.checks.not_a_server_error, checks.status_code_conformance, checks.content_type_conformance,
    checks.response_headers_conformance, checks.response_schema_conformance, checks.negative_data_rejection,
]  # fmt: skip


def app(environ: dict[str, Any], start: Callable[[str, list[tuple[str, str]]], object]) -> Iterable[bytes]:
    """Django as the test client drives it: inside the test's transaction."""
    answer = ClientHandler()(environ)
    start(f"{answer.status_code} {answer.reason_phrase}", [(name, str(value)) for name, value in answer.items()])
    return [b"".join(answer)]


@pytest.fixture
def headers(house, settings) -> dict[str, str]:
    settings.API_REQUESTS_PER_MINUTE = 0  # as many as there are
    with house.as_owner():
        return {"Authorization": f"Bearer {create_api_key(name='generated', scopes=ALL)[1]}"}


@pytest.fixture
def document(db: None) -> Any:
    return schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)


def operations(document: Any) -> list[Any]:
    return [found.ok() for found in document.get_all_operations()]


@pytest.mark.parametrize("mode", list(GenerationMode))
def test_answers_are_as_the_document_says(house, headers, document, mode: GenerationMode) -> None:
    known = {"journey_id": house.start(), "account_id": house.account_id, "key": "needs"}

    @settings(
        max_examples=EXAMPLES, deadline=None, database=None, derandomize=True, phases=[Phase.generate], verbosity=Verbosity.quiet,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(data=st.data())
    def ask(operation: Any, data: Any) -> None:
        case = data.draw(operation.as_strategy(generation_mode=mode))
        if mode.is_positive and case.path_parameters and data.draw(st.booleans()):
            case.path_parameters.update({name: known[name] for name in known if name in case.path_parameters})
        case.call_and_validate(headers=headers, checks=ALWAYS)

    faults = []
    for operation in operations(document):
        try:
            ask(operation)
        except FailureGroup as group:
            faults += [f"{operation.label}: {fault.title}: {fault.message}" for fault in group.exceptions]
    assert faults == [], "\n".join(faults)


def test_no_operation_answers_without_a_usable_key(house, document) -> None:
    known = {"journey_id": house.start(), "account_id": house.account_id, "key": "needs"}
    for operation in operations(document):
        body = {"body": {}} if operation.body else {}
        names = re.findall(r"{(\w+)}", operation.path)
        case = operation.Case(path_parameters={name: known.get(name, "x") for name in names}, **body)
        for given_key in ({}, {"Authorization": "Bearer bwk_made-up"}, {"Authorization": "Basic YTpi"}, {"Authorization": "Bearer "}):
            answer = case.call(headers=given_key)
            assert answer.status_code == 401, (operation.label, given_key)
            case.validate_response(answer, checks=ALWAYS[:-1])


def test_a_method_that_an_address_does_not_know_is_refused_with_those_that_it_knows(headers, document) -> None:
    for path, known in document.raw_schema["paths"].items():
        address = re.sub(r"{\w+}", "x", path)
        for method in METHODS:
            if method in known or (method == "head" and "get" in known):
                continue
            answer = Client(headers=headers).generic(method, address)
            assert answer.status_code == 405, (method, address)
            assert {word.strip().lower() for word in answer["Allow"].split(",")} == set(known), (method, address)
            assert answer["Content-Type"] == "application/problem+json", (method, address)
