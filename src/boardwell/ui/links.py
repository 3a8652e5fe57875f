"""Paths of our pages, remembered: working one out costs as much as a look-up in the database, and a page holds dozens."""

from collections.abc import Hashable
from functools import lru_cache
from typing import Any

from django.template import Context
from django.template.base import Parser, Token
from django.template.defaulttags import URLNode
from django.template.defaulttags import url as django_url
from django.urls import NoReverseMatch, reverse
from django.utils.html import conditional_escape


@lru_cache(maxsize=8192)
def _remembered(name: str, positional: tuple[Hashable, ...], named: tuple[tuple[str, Hashable], ...]) -> str:
    return reverse(name, args=positional or None, kwargs=dict(named) or None)


def path_to(name: str, *positional: Hashable, **named: Hashable) -> str:
    """The path of a page by its name; NoReverseMatch when there is none. Our paths depend on nothing but these arguments."""
    return _remembered(name, positional, tuple(named.items()))


class PathNode(URLNode):
    """Django's `{% url %}`, remembered."""

    def render(self, context: Context) -> str:
        named = {name: value.resolve(context) for name, value in self.kwargs.items()}
        path = ""
        try:
            path = path_to(self.view_name.resolve(context), *(value.resolve(context) for value in self.args), **named)
        except NoReverseMatch:
            if self.asvar is None:
                raise
        if self.asvar:
            context[self.asvar] = path
            return ""
        return str(conditional_escape(path)) if context.autoescape else path


def path_tag(parser: Parser, token: Token) -> PathNode:
    """`{% url %}` of every template."""
    node: Any = django_url(parser, token)
    return PathNode(node.view_name, node.args, node.kwargs, node.asvar)
