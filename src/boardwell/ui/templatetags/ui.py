"""Tags and filters of every template: components, icons, words in the reader's language, days and times."""

from collections.abc import Iterator
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from django import template
from django.conf import settings
from django.template import Engine
from django.template.base import FilterExpression, Node, NodeList, Parser, Token, token_kwargs
from django.templatetags.static import static
from django.utils import timezone
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.formats import date_format, number_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from boardwell.kernel.texts import in_language
from boardwell.ui import charts
from boardwell.ui.components import Component, check
from boardwell.ui.drawn import drawn
from boardwell.ui.links import path_tag
from boardwell.ui.markdown import to_html
from boardwell.ui.marking import marked as mark_hits

register = template.Library()
register.tag("url", path_tag)
_LANGUAGES = {code for code, _name in settings.LANGUAGES}


class ComponentNode(Node):
    """A component with its attributes, and its body if it has one."""

    def __init__(self, found: Component, attributes: dict[str, FilterExpression], body: NodeList | None) -> None:
        self.found, self.attributes, self.body = found, attributes, body

    def render(self, context: template.Context) -> SafeString:
        """Draws the component with its own attributes only, and the request."""
        values: dict[str, Any] = {**self.found.defaults}
        values.update({name: value.resolve(context) for name, value in self.attributes.items()})
        if self.body is not None:
            values["body"] = self.body.render(context)
        values["request"] = context.get("request")
        values["csrf_token"] = context.get("csrf_token")
        html: SafeString = _component_template(self.found.template_name)._render(_alone(values, context))
        return html


def _alone(values: dict[str, Any], outer: template.Context) -> template.Context:
    """A context with these values only; `outer.new()` would copy what is then thrown away, dozens of times a page."""
    context = template.Context(values, outer.autoescape)
    context.template = outer.template
    return context


@lru_cache(maxsize=256)
def _component_template(name: str) -> Any:
    """Looked up once: a page asks for the same few dozens of times."""
    return Engine.get_default().get_template(name)


def _parsed(parser: Parser, token: Token) -> tuple[Component, dict[str, FilterExpression]]:
    _tag, name, *rest = token.split_contents()
    attributes = token_kwargs(rest, parser)
    if rest:
        raise template.TemplateSyntaxError(f"component attributes are written name=value, not {rest[0]!r}")
    return check(name.strip("\"'"), set(attributes)), attributes


@register.tag("c")
def component_tag(parser: Parser, token: Token) -> ComponentNode:
    """{% c "badge" text=… tone="good" %}"""
    return ComponentNode(*_parsed(parser, token), body=None)


@register.tag("cc")
def component_with_body(parser: Parser, token: Token) -> ComponentNode:
    """{% cc "card" title=… %}…{% endcc %}"""
    found, attributes = _parsed(parser, token)
    body = parser.parse(("endcc",))
    parser.delete_first_token()
    return ComponentNode(found, attributes, body)


class KeptNode(Node):
    """A part of the page that is kept as drawn."""

    def __init__(self, name: FilterExpression, values: dict[str, FilterExpression]) -> None:
        self.name, self.values = name, values

    def render(self, context: template.Context) -> SafeString:
        """The part, with the named values and nothing else."""
        return drawn(self.name.resolve(context), {name: value.resolve(context) for name, value in self.values.items()})


@register.tag("kept")
def kept_tag(parser: Parser, token: Token) -> KeptNode:
    """{% kept "workspace/journey_plan.html" stages=page.stages %}: an include that is drawn once for each state; see `ui.drawn`."""
    _tag, name, *rest = token.split_contents()
    values = token_kwargs(rest, parser)
    if rest:
        raise template.TemplateSyntaxError(f"what a kept part looks at is written name=value, not {rest[0]!r}")
    return KeptNode(parser.compile_filter(name), values)


@lru_cache(maxsize=1)
def _sprite() -> str:
    return static("built/sprite.svg")


@register.simple_tag
@lru_cache(maxsize=2048)
def icon(name: str, label: str = "") -> SafeString:
    """An icon of the sprite; decorative unless it has a label. A page draws dozens, so each is made once."""
    href = f"{_sprite()}#{name}"
    if label:
        return format_html('<svg class="icon" role="img" aria-label="{}"><use href="{}"></use></svg>', label, href)
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}"></use></svg>', href)


@register.simple_tag
def language_choices() -> SafeString:
    """The buttons of all languages, each by its own name; the current one is pressed. Drawn on every page, so made once for each."""
    return _language_choices(get_language() or "en")


@lru_cache(maxsize=16)
def _language_choices(current: str) -> SafeString:
    return format_html_join(
        "\n",
        '<button class="btn quiet small" name="language" value="{}" lang="{}"{}>{}</button>',
        ((code, code, mark_safe(' aria-pressed="true" disabled') if code == current else "", name) for code, name in settings.LANGUAGES),
    )


@register.filter
def words(texts: Any) -> str:
    """Texts in the reader's language."""
    return in_language(texts)


@register.filter
def markdown(text: str) -> SafeString:
    """Safe HTML of Markdown."""
    return to_html(text or "")


@register.filter
def on_day(value: date | datetime | None) -> str:
    """A day in words, with the year only when it is another one."""
    if value is None:
        return ""
    day = timezone.localtime(value).date() if isinstance(value, datetime) else value
    if day.year == timezone.localdate().year:
        return date_format(day, "MONTH_DAY_FORMAT")
    return date_format(day, "DATE_FORMAT")


@register.filter
def at_time(value: datetime | None) -> str:
    """A day and a time, in the reader's zone."""
    if value is None:
        return ""
    local = timezone.localtime(value)
    return f"{on_day(value)}, {date_format(local, 'H:i')}"


@register.filter
def since(value: datetime | None) -> str:
    """When something began, as people say it: today, yesterday, a day of the last week, then the date."""
    if value is None:
        return ""
    day = timezone.localtime(value).date()
    days = (timezone.localdate() - day).days
    if days <= 0:
        return _("today")
    if days == 1:
        return _("yesterday")
    return date_format(day, "l") if days < 7 else on_day(day)


@register.filter
def short_weekday(number: int) -> str:
    """A weekday (Monday is 0) in a few letters; cutting its name would tear Hindi and Bengali syllables."""
    return str(WEEKDAYS_ABBR[number])


@register.filter
def plain(number: float) -> str:
    """A number as SVG wants it, whatever the language."""
    return f"{number:.3f}".rstrip("0").rstrip(".")


@register.filter
def rest(hundredths: float) -> str:
    """What is left of a hundred."""
    return plain(100 - hundredths)


@register.filter
def ring_of(done: int, total: int) -> str:
    """The dashes of a ring for `done` of `total`."""
    drawn, left = charts.ring(done, total)
    return f"{plain(drawn)} {plain(left)}"


@register.filter
def legend(bars: tuple[charts.Bar, ...]) -> list[charts.Part]:
    """Each meaning once, in the order in which it first comes."""
    return list({part.label: part for bar in bars for part in bar.parts}.values())


@register.filter
def value_of(bar: charts.Bar, label: str) -> int:
    """A bar's number for one meaning."""
    return sum(part.value for part in bar.parts if part.label == label)


@register.filter
def hours(minutes: int | None) -> str:
    """Minutes as hours, with a decimal where there is one, as the reader's language writes numbers."""
    tenths = round((minutes or 0) / 6)
    return number_format(tenths // 10 if tenths % 10 == 0 else tenths / 10)


@register.filter
def initials(name: str) -> str:
    """At most two letters that stand for a person."""
    parts = [part for part in (name or "").split() if part]
    return (parts[0][:1] + (parts[-1][:1] if len(parts) > 1 else "")).upper() or "?"


@register.filter
def filesize(size: int) -> str:
    """Bytes as kB or MB."""
    return f"{size / 1_048_576:.1f} MB" if size >= 1_048_576 else f"{max(1, round(size / 1024))} kB"


@register.filter
def get(mapping: Any, key: Any) -> Any:
    """mapping[key], or None."""
    return mapping.get(key) if hasattr(mapping, "get") else None


@register.filter
def label_of(options: Any, key: str) -> Any:
    """The words of a choice among (key, words) pairs."""
    return next((words for each, words in options if each == key), key)


@register.filter
def pairs(mapping: dict[str, Any] | None) -> Iterator[tuple[str, Any]]:
    """The items of a mapping."""
    return iter((mapping or {}).items())


@register.filter
def marked(text: str, wanted: str) -> SafeString:
    """What was searched for, marked; long texts are cut to what surrounds the first hit."""
    return mark_hits(text or "", wanted or "", most=200)


@register.filter
def dot(name: str, part: object) -> str:
    """`name.part`: the name of a field within a field."""
    return f"{name}.{part}"


@register.filter
def option(words: dict[str, str] | None, name: str) -> dict[str, str]:
    """The words of a field's choices, by choice, out of words by `name=choice`."""
    return {key.removeprefix(f"{name}="): value for key, value in (words or {}).items() if key.startswith(f"{name}=")}


@register.filter
def choices(field: Any, words: dict[str, str] | None) -> list[tuple[str, str]]:
    """Every choice of a setting's field with its words; what the text holds now is one too, though the kind may not know it."""
    if field.kind == "flag":
        return [("", _("As usual")), ("true", _("Yes")), ("false", _("No"))]
    known, told = list(field.options), option(words, field.name)
    unknown = [(field.value, field.value)] if field.value and field.value not in known else []
    nothing = [] if field.required and field.value else [("", "–")]
    return [*nothing, *unknown, *((one, told.get(one, "")) for one in known)]


@register.filter
def in_languages(texts: Any) -> dict[str, str]:
    """Texts by language; a bare text is English, and what is no text is nothing."""
    if isinstance(texts, str):
        return {"en": texts} if texts else {}
    return {str(key): value for key, value in texts.items() if isinstance(value, str)} if isinstance(texts, dict) else {}


@register.filter
def plainly(value: Any) -> str:
    """A plain value as people read it: words in the reader's language, lists with commas, yes and no."""
    if value is None or value in ({}, []):
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, dict):
        if set(map(str, value)) <= _LANGUAGES:
            return in_language(value)
        return ", ".join(f"{key}: {plainly(inner)}" for key, inner in value.items() if inner not in (None, "", {}, []))
    if isinstance(value, list):
        return ", ".join(plainly(inner) for inner in value)
    return str(value)


@register.filter
def row_title(fields: Any) -> str:
    """What a row of a form is called: its first text, else the first thing that was typed into it."""
    texts = [in_language(one.value) for one in fields if one.kind == "texts" and one.value]
    typed = [str(one.value) for one in fields if one.kind in {"text", "number", "choice"} and one.value]
    return next(iter([*texts, *typed]), "–")


@register.filter
def rare_ones(fields: Any) -> list[Any]:
    """Those fields of a row that are seldom needed."""
    return [one for one in fields if one.rare]


@register.filter
def any_set(fields: Any) -> bool:
    """Whether anything stands in one of the fields."""
    return any(one.is_set for one in fields)
