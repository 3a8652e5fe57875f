"""Finds journeys, their steps and their facts by words; narrowed to what the reader may see.

Cost: journeys by the index of words; linear in the facts of the organisation; steps cost one look at each playbook version that is in use,
whose texts are kept parsed, and then only the rows that are shown.
"""

from django.db.models import Exists, OuterRef, Q

from boardwell.domain.journeys.documents import document_of_version
from boardwell.domain.journeys.models import OPEN_STATES, Fact, Journey, Step
from boardwell.domain.journeys.queries.lists import FOUND_BY
from boardwell.domain.journeys.queries.pages import fact_words
from boardwell.domain.playbooks.document import Document
from boardwell.domain.playbooks.models import PlaybookVersion
from boardwell.kernel import tenancy
from boardwell.kernel.folding import FoldedJson, holding, holds_all
from boardwell.kernel.hits import MOST_HITS, Hit
from boardwell.kernel.texts import in_language
from boardwell.kernel.wordindex import found_by


def _may() -> bool:
    return tenancy.current().actor.may("journeys:view")


def find_journeys(words: list[str], *, most: int = MOST_HITS) -> list[Hit]:
    """Journeys in whose title, account or external id each folded word begins a word, newest first. Two queries, by the index."""
    if not _may():
        return []
    rows = found_by(Journey.objects.all(), words, FOUND_BY).order_by("-id")
    return [
        Hit("journey", row[0], row[1], detail=row[2], journey_id=row[0], key=row[3])
        for row in rows.values_list("id", "title", "owner__name", "state")[:most]
    ]


def find_steps(words: list[str], *, most: int = MOST_HITS) -> list[Hit]:
    """Steps whose title holds all the folded words, in the reader's language or English; open ones of new journeys first.

    Three queries at most: the versions in use, those not parsed yet, and the steps that are shown.
    """
    if not _may() or not words:
        return []
    used = Exists(Journey.objects.filter(version_id=OuterRef("pk")))
    versions = PlaybookVersion.objects.filter(used).values_list("id", flat=True)
    titles: dict[str, dict[str, str]] = {}
    wanted = Q(pk="")
    for version_id in versions:
        found = _titles(document_of_version(version_id), words)
        if found:
            titles[version_id] = found
            wanted |= Q(journey__version_id=version_id, key__in=list(found))
    if not titles:
        return []
    matching = Step.objects.filter(wanted).exclude(state="cancelled").order_by("-journey_id", "position")
    rows = matching.values_list("id", "key", "journey_id", "journey__title", "journey__version_id", "visibility")
    open_ones = list(rows.filter(state__in=OPEN_STATES)[:most])
    if len(open_ones) < most:
        open_ones += rows.exclude(state__in=OPEN_STATES)[: most - len(open_ones)]
    return [
        Hit("step", row[0], titles[row[4]][row[1]], detail=row[3], journey_id=row[2], key=row[1], is_internal=row[5] == "internal")
        for row in open_ones
    ]


def _titles(document: Document, words: list[str]) -> dict[str, str]:
    return {
        step.key: in_language(step.title)
        for step in document.every_step()
        if holds_all(" ".join({in_language(step.title), in_language(step.title, "en")}), words)
    }


def find_facts(words: list[str], *, most: int = MOST_HITS) -> list[Hit]:
    """Facts whose value holds all the folded words, newest first. One query, linear in the facts that are current."""
    if not _may():
        return []
    rows = holding(Fact.objects.filter(superseded_at=None), FoldedJson("value"), words).order_by("-recorded_at", "-id")
    hits = []
    for row in rows.values_list("id", "key", "value", "journey_id", "journey__title", "journey__version_id", "visibility")[:most]:
        kind = document_of_version(row[5]).facts.get(row[1])
        choices = {value: in_language(told) for value, told in kind.choices.items()} if kind else {}
        title = in_language(kind.title) if kind else row[1]
        text = fact_words(row[2], choices)
        hits.append(Hit("fact", row[0], title or row[1], detail=row[4], text=text, journey_id=row[3], is_internal=row[6] == "internal"))
    return hits
