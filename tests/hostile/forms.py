"""Reads pages as a browser does: forms with their fields, and the elements that a page consists of."""

from collections import Counter
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlsplit


@dataclass
class Form:
    """One form of a page. `values` is what a browser would send untouched; `kinds` is each field's type."""

    page: str
    action: str
    method: str = "get"
    multipart: bool = False
    values: dict[str, list[str]] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    options: dict[str, list[str]] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)

    @property
    def shape(self) -> tuple[str, str, frozenset[str], frozenset[str]]:
        """What makes two forms the same for a tester."""
        return (self.action, self.method, frozenset(self.kinds), frozenset(name for name, _value in self.buttons))


class Reader(HTMLParser):
    """Collects forms, links and elements."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.page, self.forms, self.links = page, [], set()
        self.elements: Counter[str] = Counter()
        self.attributes: Counter[str] = Counter()
        self._form: Form | None = None
        self._select = self._textarea = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.elements[tag] += 1
        self.attributes.update(name for name in given if name.startswith("on") or name == "style")
        for name in ("href", "src", "action", "formaction", "hx-get", "hx-post"):
            if name in given:
                self.links.add(given[name])
        if tag == "form":
            self._form = Form(self.page, given.get("action") or self.page, given.get("method", "get").lower())
            self._form.multipart = given.get("enctype") == "multipart/form-data"
            self.forms.append(self._form)
        form, name = self._form, given.get("name", "")
        if form is None or not name or "disabled" in given:
            if tag == "option" and form is not None and self._select:
                self._option(form, given)
            return
        kind = given.get("type", "text" if tag == "input" else tag)
        if tag == "button" or kind in {"submit", "image"}:
            form.buttons.append((name, given.get("value", "")))
        elif tag == "input":
            form.kinds[name] = kind
            if kind in {"checkbox", "radio"}:
                form.options.setdefault(name, []).append(given.get("value", "on"))
                if "checked" in given:
                    form.values.setdefault(name, []).append(given.get("value", "on"))
            elif kind != "file":
                form.values.setdefault(name, []).append(given.get("value", ""))
        elif tag == "textarea":
            form.kinds[name], self._textarea = "textarea", name
            form.values[name] = [""]
        elif tag == "select":
            form.kinds[name], self._select = "select", name
            form.options.setdefault(name, [])

    def _option(self, form: Form, given: dict[str, str]) -> None:
        value = given.get("value", "")
        form.options[self._select].append(value)
        if "selected" in given or self._select not in form.values:
            form.values[self._select] = [value]

    def handle_data(self, data: str) -> None:
        if self._textarea and self._form is not None:
            self._form.values[self._textarea][0] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._textarea = ""


def read(page: str, html: str) -> Reader:
    """The page as read."""
    reader = Reader(page)
    reader.feed(html)
    reader.close()
    return reader


def crawl(client, start: list[str], *, within: str, most: int = 400) -> tuple[list[Form], list[str]]:
    """Follows links from the start pages; (every different form found, every page seen)."""
    waiting, seen, forms, shapes = list(start), set(start), [], set()
    pages = []
    while waiting and len(pages) < most:
        path = waiting.pop(0)
        answer = client.get(path)
        if answer.status_code != 200 or "text/html" not in answer.get("Content-Type", ""):
            continue
        pages.append(path)
        found = read(path, answer.content.decode())
        for form in found.forms:
            form.action = urlsplit(form.action)._replace(fragment="").geturl()
            if form.action.startswith("?"):
                form.action = urlsplit(path).path + form.action
            if form.shape not in shapes:
                shapes.add(form.shape)
                forms.append(form)
        for link in sorted(found.links):
            target = urlsplit(link)
            if not target.netloc and target.path.startswith(within) and target.path not in seen:
                seen.add(target.path)
                waiting.append(target.path)
    return forms, pages
