"""Demo organisations, made through the same actions as everything else: a past of some weeks, told at its own times."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from django.contrib.auth.hashers import make_password
from django.utils import translation

from boardwell.domain.accounts.actions.save_account import create_account
from boardwell.domain.accounts.actions.save_contact import add_contact
from boardwell.domain.accounts.queries import contacts_of
from boardwell.domain.automations.actions.save_automation import save_automation
from boardwell.domain.automations.actions.switch_automation import switch_automation
from boardwell.domain.automations.recipes import recipe_by_key
from boardwell.domain.conversations.actions.post_message import post_message
from boardwell.domain.journeys.actions.change_ladder import change_ladder, suggested
from boardwell.domain.journeys.actions.go_live import go_live
from boardwell.domain.journeys.actions.pause_journey import pause_journey
from boardwell.domain.journeys.actions.record_facts import apply_proposal
from boardwell.domain.journeys.actions.start_journey import start_journey
from boardwell.domain.journeys.handle import handle_for
from boardwell.domain.journeys.kinds import kind_rules, registry
from boardwell.domain.journeys.orders import Outcome, StartOrder
from boardwell.domain.journeys.queries.pages import journey_page
from boardwell.domain.journeys.queries.shapes import StepView
from boardwell.domain.organisations.actions.change_settings import update_brand
from boardwell.domain.organisations.actions.found_organisation import found_organisation
from boardwell.domain.papers.actions.schedule_reports import schedule_reports
from boardwell.domain.papers.actions.write_paper import draft_paper, send_paper
from boardwell.domain.papers.queries import paper_by_id
from boardwell.domain.people.actions.invite_member import invite_member
from boardwell.domain.people.actions.plan_time import add_time_off, change_week
from boardwell.domain.people.queries import member_by_id, person_by_email
from boardwell.domain.people.roles import actor_for_contact, actor_for_member
from boardwell.domain.playbooks.actions.write_playbook import import_playbook
from boardwell.domain.playbooks.shipped import shipped
from boardwell.doors.console.demoanswers import Who, entered
from boardwell.doors.console.demohouses import HOUSES, PASSWORD, Example, House
from boardwell.kernel import clock, tenancy
from boardwell.kernel.tenancy import Actor

TALK = {
    "en": ("Welcome! I am here for every question. Write to me at any time.", "Thank you. Can a colleague see the plan as well?"),
    "hi": ("स्वागत है! कोई भी सवाल हो तो मुझे कभी भी लिखिए।", "धन्यवाद। क्या मेरे एक सहकर्मी भी योजना देख सकते हैं?"),
    "bn": ("স্বাগতম! যেকোনো প্রশ্নে আমি আছি, যখন খুশি লিখবেন।", "ধন্যবাদ। আমার একজন সহকর্মীও কি পরিকল্পনাটি দেখতে পারেন?"),
    "az": ("Xoş gəlmisiniz! Hər sualınız üçün buradayam, istənilən vaxt yazın.", "Təşəkkürlər. Həmkarım da planı görə bilərmi?"),
    "ms": ("Selamat datang! Saya sedia membantu. Tulis kepada saya bila-bila masa.", "Terima kasih. Bolehkah rakan sekerja saya melihat pelan ini juga?"),
    "mn": ("Тавтай морил! Асуулт гарвал надад хэзээ ч бичээрэй.", "Баярлалаа. Манай хамтрагч төлөвлөгөөг бас харж болох уу?"),
}  # fmt: skip
_HOURS = (20, 24, 16, 8)
"""What the members of a demo house have a week for onboardings."""


@dataclass(slots=True)
class Story:
    """One customer's onboarding while it is being told."""

    example: Example
    owner: Actor
    playbook: str
    account_id: str = ""
    contact: Actor | None = None
    journey_id: str = ""


def load(houses: tuple[House, ...] = HOUSES) -> None:
    """Makes everything. Takes some seconds; runs once, on an empty database."""
    sources = shipped()
    for house in houses:
        _tell(house, sources)


def _tell(house: House, sources: dict[str, str]) -> None:
    present = clock.now()
    with clock.at(present - timedelta(days=90)):
        organisation_id = found_organisation(
            slug=house.slug, name=house.name, country=house.country, time_zone=house.time_zone, is_demo=True
        )
        with tenancy.acting_for(organisation_id):
            update_brand(display_name=house.name, accent=house.accent, support_email=f"help@{house.slug}.example")
            actors = [_member(*one) for one in house.team]
        with tenancy.acting_for(organisation_id, actors[0]):
            for source in (source for key, source in sources.items() if not house.playbooks or key in house.playbooks):
                import_playbook(source, kind_rules(), note="As shipped")
            change_ladder(suggested())
            for recipe in (recipe_by_key("rescue"), recipe_by_key("blocked")):
                if recipe is not None:
                    switch_automation(save_automation("", name=recipe.name, rule=recipe.rule), on=True)
    # Without the playbook that an example is about (somebody took it out of the folder) it is told with the first there is.
    stories = [
        Story(example, actors[example.owner], example.playbook if example.playbook in sources else min(sources))
        for example in house.customers
    ]
    # The log is in the order of time, so the stories are told side by side.
    scenes = sorted((at, number, turn) for number, story in enumerate(stories) for turn, at in _times(story.example, present))
    for at, number, turn in scenes:
        with clock.at(at):
            _scene(organisation_id, stories[number], turn)
    with tenancy.acting_for(organisation_id, actors[0]):
        for actor, hours in zip(actors, _HOURS, strict=False):
            change_week(actor.id, hours=hours)
        away_on = present.date() + timedelta(days=9)
        add_time_off(actors[-1].id, first_on=away_on, last_on=away_on + timedelta(days=4), words="Holiday")


def _member(email: str, name: str, role: str, title: str) -> Actor:
    member_id = invite_member(email=email, name=name, role=role, job_title=title)
    _let_in(email)
    return actor_for_member(member_by_id(member_id))


@lru_cache(maxsize=1)
def _hashed() -> str:
    """The demo's password, hashed once: it is made to be slow."""
    return make_password(PASSWORD)


def _let_in(email: str, language: str = "") -> None:
    person = person_by_email(email)
    if person is not None:
        person.password = _hashed()
        person.language = language or person.language
        person.save()


def _times(example: Example, present: datetime) -> Iterator[tuple[int, datetime]]:
    """When the onboarding starts (turn 0) and when each step is done; the last one `quiet` days ago."""
    began = present - timedelta(days=example.days_ago, hours=2)
    yield 0, began
    span = timedelta(days=example.days_ago - example.quiet)
    for turn in range(1, example.done + 1):
        yield turn, began + span * turn / example.done


def _scene(organisation_id: str, story: Story, turn: int) -> None:
    with tenancy.acting_for(organisation_id, story.owner):
        if turn == 0:
            _begin(story)
            return
        page = journey_page(story.journey_id)
        step = next((one for one in page.every_step if one.is_open), None)
    if step is None:
        return
    actor = story.owner if step.side == "ours" or story.contact is None else story.contact
    with tenancy.acting_for(organisation_id, actor), translation.override(story.example.language if actor is story.contact else "en"):
        if step.marks == "go_live":
            go_live(story.journey_id)
        else:
            _do(story, step)
        if turn == 2 and story.contact is not None:
            with tenancy.acting_for(organisation_id, story.contact):
                post_message(story.journey_id, story.account_id, body=TALK[story.example.language][1])
    with tenancy.acting_for(organisation_id, story.owner):
        for proposal in [] if story.example.undecided else journey_page(story.journey_id).proposals:
            apply_proposal(proposal.id)
    if turn == 3 and story.example.language == "en" and not story.example.paused:
        with tenancy.acting_for(organisation_id, story.owner):
            _write(story)
    if turn == story.example.done and story.example.paused:
        with tenancy.acting_for(organisation_id, story.owner):
            pause_journey(story.journey_id, reason="The customer moves to a new warehouse first.")


def _write(story: Story) -> None:
    """A status report and an expectation sheet as the plan gives them, and a report every fortnight from now on."""
    for kind in ("status_report", "expectation_sheet"):
        paper = paper_by_id(story.journey_id, draft_paper(story.journey_id, kind))
        send_paper(paper.id, {section.key: section.text for section in paper.sections}, revision=paper.revision)
    schedule_reports(story.journey_id, every="fortnight", first_on=clock.now().date() + timedelta(days=60), by_itself=False)


def _begin(story: Story) -> None:
    example = story.example
    story.account_id = create_account(
        name=example.name, industry=example.industry, city=example.city, country=example.country, language=example.language,
        owner_id=story.owner.id, email_domains=[example.email.partition("@")[2]],
    )  # fmt: skip
    add_contact(
        story.account_id, name=example.contact, email=example.email, role="admin", language=example.language, job_title=example.title
    )
    _let_in(example.email, example.language)
    contact = contacts_of(story.account_id)[0]
    story.contact = actor_for_contact(contact.id, contact.name, contact.person_id, contact.role, [story.account_id])
    story.journey_id = start_journey(
        StartOrder(
            playbook_key=story.playbook, account_id=story.account_id, owner_id=story.owner.id, source="demo", external_id=example.email
        )
    ).journey_id
    post_message(story.journey_id, story.account_id, body=TALK[example.language][0])


def _do(story: Story, step: StepView) -> None:
    """Fills the step's own screen in, as a person would."""
    handle = handle_for(story.journey_id, step.key)
    kind = registry.get(step.kind)
    screen = getattr(kind, "screen", None)
    if screen is None:
        handle.complete(Outcome())
        return
    example = story.example
    who = Who(example.language, example.country, example.name, example.city, example.contact, example.email)
    typed, files = entered(handle, step.kind, who)
    submitted = screen.submit(handle, typed, files)
    if submitted.errors:
        raise ValueError(f"{example.name}, {step.key}: {submitted.errors}")


def welcome() -> str:
    """What to look at, and how to sign in; {port} stands where the port does."""
    base = "http://localhost:{port}"
    member, customer = HOUSES[0].team[0], HOUSES[0].customers[5]
    first = {one.language: one for one in reversed(HOUSES[0].customers)}
    others = [f"{one.email} ({language})" for language, one in sorted(first.items()) if language != "en"]
    return "\n".join(
        (
            "",
            f"  Boardwell runs at {base}  (Ctrl-C stops it)",
            "",
            f"  As a member of the team:  {member[0]}   password: {PASSWORD}",
            f"  As a customer:            {customer.email}   password: {PASSWORD}",
            f"  In other languages:       {', '.join(others)}",
            "",
            f"  Mail never leaves this machine: see it at {base}/{HOUSES[0].slug}/outbox/",
            "",
        )
    )
