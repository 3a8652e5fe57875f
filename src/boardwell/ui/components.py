"""Components: templates that declare their attributes, so that a misspelt one fails when the page's template loads."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.template import TemplateDoesNotExist, TemplateSyntaxError, engines

_DECLARATION = re.compile(r"\{#\s*attributes:(?P<names>.*?)#\}", re.DOTALL)
_ATTRIBUTE = re.compile(r'(?P<name>[a-z_]+)(?:="(?P<default>[^"]*)")?')


@dataclass(frozen=True, slots=True)
class Component:
    """A component's template and what it takes. `required` have no default."""

    template_name: str
    defaults: dict[str, Any]
    required: frozenset[str]


@lru_cache(maxsize=128)
def component(name: str) -> Component:
    """Reads the declaration at the top of components/<name>.html; TemplateSyntaxError when there is none."""
    template_name = f"components/{name}.html"
    try:
        template = engines["django"].get_template(template_name)
    except TemplateDoesNotExist as problem:
        raise TemplateSyntaxError(f"there is no component {name!r}") from problem
    source = str(template.template.source)  # type: ignore[attr-defined]  # the engine wraps the template
    found = _DECLARATION.search(source)
    if found is None:
        raise TemplateSyntaxError(f"{template_name} does not declare its attributes")
    defaults: dict[str, Any] = {}
    required = set()
    for attribute in _ATTRIBUTE.finditer(found["names"]):
        if attribute["default"] is None:
            required.add(attribute["name"])
        else:
            defaults[attribute["name"]] = attribute["default"]
    return Component(template_name, defaults, frozenset(required))


def check(name: str, given: set[str]) -> Component:
    """The component, or TemplateSyntaxError naming what is unknown or missing."""
    found = component(name)
    if unknown := sorted(given - set(found.defaults) - found.required):
        raise TemplateSyntaxError(f"component {name!r} does not know {', '.join(unknown)}")
    if missing := sorted(found.required - given):
        raise TemplateSyntaxError(f"component {name!r} needs {', '.join(missing)}")
    return found
