"""Asks for one house's things as everybody who has no business with them, by path, query string, body and API; generated, not listed."""

import inspect
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import DatabaseError, connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, resolve, reverse

from tests.hostile.forms import Form, crawl
from tests.hostile.world import CANARY, Filled, client_of, everything_of, rows_naming

DRAFTS = {"playbooks_playbook", "playbooks_draftrevision"}
"""A draft is text that somebody types; a name in it points at nothing until it is published, and then through the lint."""
ABSENT = re.compile(r"_[0-9a-z]{26}")
"""What makes an id of ours that nobody has out of one that somebody has."""
METHODS = ("get", "head", "options", "post", "put", "patch", "delete")
PUBLIC = {
    "brand_css", "brand_logo", "portal:invitation", "portal:unsubscribe",
}  # fmt: skip
"""Routes that belong to no organisation, or that a secret opens: they may answer anybody, but never with what is another's."""
_WRITES = re.compile(r'^\s*(?:INSERT INTO|UPDATE|DELETE FROM)\s+"?(\w+)', re.IGNORECASE)
_QUIET = {"django_session", "kernel_ratebucket", "kernel_cache", "people_person", "account_emailaddress"}


@dataclass(frozen=True)
class Route:
    """A named path of ours, the names of its parts, and its view."""

    name: str
    parts: tuple[str, ...]
    view: Any

    def path(self, parts: dict[str, str]) -> str:
        values = {part: parts[part] for part in self.parts}
        if "playbook" in self.name and "key" in values:
            values["key"] = "every-kind"
        return reverse(self.name, kwargs=values)

    @property
    def is_public(self) -> bool:
        """Whether it belongs to no organisation: it names nothing, or it is meant for whoever comes."""
        return not self.parts or self.name in PUBLIC

    @property
    def source(self) -> str:
        """The source of its view."""
        return inspect.getsource(inspect.unwrap(self.view))


def routes() -> list[Route]:
    """Every named route of the workspace, the portal and the root; the API is read from its own document, sign-in is allauth's."""

    def walk(patterns: list[Any], space: str, parts: tuple[str, ...]) -> Iterator[Route]:
        for pattern in patterns:
            own = (*parts, *pattern.pattern.converters)
            if isinstance(pattern, URLResolver):
                if not str(pattern.pattern).startswith(("sign-in", "api")):
                    yield from walk(pattern.url_patterns, f"{pattern.namespace}:" if pattern.namespace else space, own)
            elif isinstance(pattern, URLPattern):
                assert pattern.name, f"{pattern} has no name"
                yield Route(f"{space}{pattern.name}", own, pattern.callback)

    return list(walk(get_resolver().url_patterns, "", ()))


def body_of(answer: HttpResponse) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined,arg-type]


@dataclass
class Writes:
    """Remembers which tables statements wrote to."""

    tables: set[str] = field(default_factory=set)

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if (found := _WRITES.match(str(sql))) and found[1] not in _QUIET:
            self.tables.add(found[1])
        return execute(sql, params, many, context)


@dataclass
class Thief:
    """Somebody without business with the victim; `house` is where they are at home, if anywhere."""

    name: str
    client: Client
    house: Filled | None = None
    refused: frozenset[int] = frozenset({404, 405})
    base: str = ""


def thieves(victim: Filled, other: Filled) -> list[Thief]:
    """Everybody who must find nothing of the victim's first customer."""
    return [
        Thief("anonymous", client_of(None), refused=frozenset({302, 405})),
        Thief("owner of another organisation", client_of(other.owner.person), other, base=f"/{other.slug}/"),
        Thief("customer of another organisation", client_of(other.contact.person), other, base=f"/p/{other.journey_id}/"),
        Thief("another customer of the same organisation", client_of(victim.stranger.person), base=f"/p/{victim.second_journey_id}/"),
        Thief("suspended member", client_of(victim.suspended.person)),
        Thief("contact who was removed", client_of(victim.gone.person)),
    ]


class Sweep:
    """Collects what should not have happened."""

    def __init__(self, victim: Filled, other: Filled) -> None:
        self.victim, self.other = victim, other
        self.asked = 0
        self.findings: list[str] = []
        self.before = everything_of(victim)
        self._followed: set[tuple[str, str, str]] = set()

    def _look(self, what: str, answer: HttpResponse, refused: frozenset[int] | None = None) -> None:
        self.asked += 1
        body = body_of(answer)
        if CANARY.encode() in body or any(CANARY in value for value in answer.headers.values()):
            at = body.find(CANARY.encode())
            self.findings.append(f"{what}: shows {body[max(0, at - 60) : at + 60]!r}")
        elif answer.status_code >= 500 or (refused is not None and answer.status_code not in refused):
            self.findings.append(f"{what}: answered {answer.status_code}")

    def _unharmed(self, what: str, only: set[str] | None = None) -> None:
        now = everything_of(self.victim, only)
        if changed := [table for table, rows in now.items() if rows != self.before[table]]:
            self.findings.append(f"{what}: changed {changed}")

    def _keys_hold(self, what: str) -> None:
        """Compares the keys now, as a commit would; PostgreSQL leaves composite ones until then. Last in its savepoint."""
        try:
            connection.check_constraints()
        except DatabaseError as problem:
            self.findings.append(f"{what}: refused by the database's keys: {problem}")

    def paths(self, thief: Thief, only: str = "") -> None:
        """Every route with the victim's own ids, by every method."""
        parts = {**self.victim.parts, "token": "wrong"}
        for route in routes():
            if route.name in {"sign_out", "set_language", "portal:invitation"} or (only and not re.search(only, route.name)):
                continue  # these end the visit, or know no ids; the invitation has tests of its own
            for method in METHODS:
                with transaction.atomic():
                    answer = getattr(thief.client, method)(route.path(parts), {"verb": "cancel", "reason": "x", "email": "x@x.example"})
                    public = route.is_public
                    if thief.house or thief.name == "anonymous" or not public:  # who was at home here sees their own brand
                        self._look(f"{thief.name} {method} {route.name}", answer, None if public else thief.refused)
        self._unharmed(f"{thief.name} by path")

    def at_home(self, thief: Thief, only: str = "") -> None:
        """The thief's own pages with one id of the victim's in the path at a time: they must answer as for an id that nobody has."""
        assert thief.house is not None
        for route in routes():
            if route.is_public or (only and not re.search(only, route.name)):
                continue
            ids = [part for part in route.parts if part.endswith("_id")]
            asks = {"verb": "remove", "reason": "x", "q": "alpha", "name": "planted", "email": "planted@x.example"}
            for part in ids or [""]:
                for method in ("get", "post") if ids else ("get",):
                    seen = []
                    foreign = self.victim.parts.get(part, "")
                    for one in dict.fromkeys((foreign, ABSENT.sub("_" + "0" * 26, foreign))):
                        writes = Writes()
                        with transaction.atomic(), connection.execute_wrapper(writes):
                            answer = getattr(thief.client, method)(route.path({**thief.house.parts, **({part: one} if part else {})}), asks)
                            seen.append(alike(answer, one) if one else None)
                            self._look(f"{thief.name} at home {method} {route.name} {part}", answer)
                            if writes.tables and answer.status_code < 500:
                                self._unharmed(f"{thief.name} at home {method} {route.name} {part}", writes.tables)
                                self._keys_hold(f"{thief.name} at home {method} {route.name} {part}")
                            transaction.set_rollback(True)
                    if seen[0] != seen[-1]:
                        self.findings.append(f"{thief.name} at home {method} {route.name} {part}: differs from an absent one")

    def queries(self, thief: Thief, only: str = "") -> None:
        """The thief's own pages, with the victim's ids in every parameter that their view reads."""
        assert thief.house is not None
        for route in routes():
            names = set(re.findall(r'GET(?:\.get|\.getlist)?[\(\[]\s*"(\w+)"', route.source))
            if "Filters" in route.source:
                names |= {"owner_id", "search", "after", "playbook_key", "account_id", "stage_key"}
            if route.is_public or not names or (only and not re.search(only, route.name)):
                continue
            for name in sorted(names):
                for kind in ("journey", "account", "contact", "member", "file"):
                    with transaction.atomic():
                        one = self.victim.ids[kind]
                        answer = thief.client.get(route.path(thief.house.parts), {name: one})
                        self._look(f"{thief.name} {route.name}?{name}={kind}", answer)
        self._unharmed(f"{thief.name} by query")

    def forms(self, thief: Thief, only: str = "") -> None:
        """The thief's own forms, with the victim's ids in every field that is no free text, alone and among own values."""
        found, _pages = crawl(thief.client, [thief.base], within=thief.base)
        told: set[tuple[Any, ...]] = set()
        for form in found:
            route = resolve(form.action.partition("?")[0])
            shape = (route.view_name, route.kwargs.get("key") if route.view_name.endswith(":step") else "", *form.shape[1:])
            if shape in told or form.method != "post" or (only and not re.search(only, route.view_name)):
                continue
            told.add(shape)
            source = inspect.getsource(inspect.getmodule(inspect.unwrap(route.func)))  # type: ignore[arg-type]
            chosen = [name for name, kind in form.kinds.items() if kind in {"select", "hidden", "checkbox"} and not name.startswith("f_")]
            named = re.findall(r'(?:POST(?:\.get|\.getlist)?[\(\[]|_posted\(request, |posted(?:\.get)?[\(\[])\s*"(\w+)"', source)
            buttons = [name for name, value in form.buttons if "_" in value]
            idlike = [
                name for name in named if name.endswith(("_id", "_ids")) or name in {"proposal", "person", "delete", "revoke", "remove"}
            ]
            for name in sorted({*chosen, *buttons, *idlike} - {"csrfmiddlewaretoken", "verb"}):
                own = form.values.get(name, [])
                for kind, one in self._fitting(form, name).items():
                    self._send(thief, form, name, kind, [*own, one] if form.kinds.get(name) == "checkbox" else [one])
        self._unharmed(f"{thief.name} by form")

    def _fitting(self, form: Form, name: str) -> dict[str, str]:
        """Ids of the kind that the field holds itself, and of the three kinds that most things hang on."""
        own = {value.partition("_")[0] for value in (*form.values.get(name, []), *form.options.get(name, []))}
        own |= {value.partition("_")[0] for button, value in form.buttons if button == name}
        usual = (
            {"journey", "account", "member", "contact", "file"} if not own & {one[:3] for one in self.victim.ids.values()} else {"account"}
        )
        return {kind: one for kind, one in self.victim.ids.items() if one.partition("_")[0] in own or kind in usual}

    def _send(self, thief: Thief, form: Form, name: str, kind: str, values: list[str]) -> None:
        verbs = [value for button, value in form.buttons if button == "verb"] or [""]
        for verb in verbs:
            writes, what = Writes(), f"{thief.name} {form.action} {verb} {name}={kind}"
            with transaction.atomic(), connection.execute_wrapper(writes):
                sent: dict[str, Any] = {**form.values, name: values, **({"verb": [verb]} if verb else {})}
                answer = thief.client.post(form.action, sent)
                self._look(what, answer)
                if answer.status_code == 302 and (form.action, name, verb) not in self._followed:
                    self._followed.add((form.action, name, verb))
                    self._look(f"{what}, then", thief.client.get(answer["Location"]))
                if writes.tables and answer.status_code < 500:
                    self._unharmed(what, writes.tables)
                    foreign = set(values) - set(form.values.get(name, []))
                    if thief.house is not None:
                        self.findings += [f"{what}: kept in {where}" for where in rows_naming(thief.house, foreign, writes.tables - DRAFTS)]
                transaction.set_rollback(True)

    def api(self) -> None:
        """Every operation, by a key of another organisation, with the victim's ids in path, query and body."""
        client = Client(raise_request_exception=False, headers={"Authorization": f"Bearer {self.other.secret}"})
        document = client.get("/api/v1/openapi.json").json()
        for path, operations in document["paths"].items():
            for method, operation in operations.items():
                own, foreign = self._fill(path, self.other), self._fill(path, self.victim)
                body = self._body(document, operation)
                what = f"key of another organisation {method} {path}"
                if own != foreign:
                    with transaction.atomic():
                        answer = client.generic(method.upper(), foreign, json.dumps(body or {}), content_type="application/json")
                        self._look(what, answer, frozenset({404}))
                tries: list[tuple[str, dict[str, Any]]] = [
                    (f"{name}={kind}", {**body, name: [one] if isinstance(body.get(name), list) else one})
                    for name in body
                    if name.endswith(("_id", "_ids")) and not name.endswith("external_id")
                    for kind, one in self.victim.ids.items()
                ]
                for told, sent in tries:
                    self._call(client, method, own, sent, f"{what} {told}")
                for parameter in operation.get("parameters", []):
                    if parameter["in"] == "query":
                        for kind, one in self.victim.ids.items():
                            with transaction.atomic():
                                self._look(f"{what}?{parameter['name']}={kind}", client.get(own, {parameter["name"]: one}))
        self._unharmed("key of another organisation")

    def _call(self, client: Client, method: str, path: str, sent: dict[str, Any], what: str) -> None:
        writes = Writes()
        with transaction.atomic(), connection.execute_wrapper(writes):
            answer = client.generic(method.upper(), path, json.dumps(sent), content_type="application/json")
            self._look(what, answer)
            if writes.tables and answer.status_code < 500:
                self._unharmed(what, writes.tables)
                foreign = set(map(str, self.victim.ids.values())) & {str(value) for value in sent.values() if isinstance(value, str)}
                self.findings += [f"{what}: kept in {where}" for where in rows_naming(self.other, foreign, writes.tables)]
            transaction.set_rollback(True)

    @staticmethod
    def _fill(path: str, house: Filled) -> str:
        return re.sub(r"\{(\w+)\}", lambda part: {**house.parts, "key": "ours"}[part[1]], path)

    def _body(self, document: dict[str, Any], operation: dict[str, Any]) -> dict[str, Any]:
        content = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
        if not content:
            return {}
        if "$ref" not in content:
            return {"seats": 5}  # the facts of a journey
        schema = document["components"]["schemas"][content["$ref"].rpartition("/")[2]]
        known = {
            "playbook": "small", "owner_id": self.other.owner.id, "account_id": self.other.account_id, "reason": "x", "due_on": "2027-03-01", "committed_on": "2027-03-01",
            "name": "x", "email": "x@x.example", "facts": {}, "answers": {}, "contacts": [], "welcome": False,
        }  # fmt: skip
        given = {}
        for name in schema.get("properties", {}):
            if name in known:
                given[name] = known[name]
            elif name.endswith("_id") or name in schema.get("required", []):
                given[name] = "" if name.endswith("_id") else "x"
        return given


def alike(answer: HttpResponse, *words: str) -> tuple[int, bytes, dict[str, str]]:
    """An answer without what differs between any two: the request's id, the token of its forms, and the ids that were asked for."""
    body = body_of(answer)
    for word in words:
        body = body.replace(word.encode(), b"ID")
    body = re.sub(rb"req_[0-9a-f]{20}", b"REQ", body)
    body = re.sub(rb'(name="csrfmiddlewaretoken" value=")[^"]+', rb"\1", body)
    headers = {
        name: value.replace(words[0] if words else "\0", "ID")
        for name, value in answer.headers.items()
        if name not in {"X-Request-Id", "Content-Length", "RateLimit"}
    }
    return answer.status_code, body, headers
