"""Demo organisations, made through the same actions as everything else, the same every time."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from boardwell.domain.accounts.actions.save_account import create_account
from boardwell.domain.accounts.actions.save_contact import add_contact
from boardwell.domain.conversations.actions.post_message import post_message
from boardwell.domain.journeys.actions.complete_step import complete_step
from boardwell.domain.journeys.actions.start_journey import start_journey
from boardwell.domain.journeys.kinds import kind_rules
from boardwell.domain.journeys.orders import StartOrder
from boardwell.domain.journeys.queries.pages import journey_page
from boardwell.domain.organisations.actions.change_settings import update_brand
from boardwell.domain.organisations.actions.found_organisation import found_organisation
from boardwell.domain.people.actions.invite_member import invite_member
from boardwell.domain.people.queries import member_by_id, person_by_email
from boardwell.domain.people.roles import actor_for_member
from boardwell.domain.playbooks.actions.write_playbook import import_playbook
from boardwell.domain.playbooks.document import parse
from boardwell.kernel import tenancy
from boardwell.kernel.clock import today

PASSWORD = "open the door slowly"  # noqa: S105 - the demo's, printed on screen, for this machine only


@dataclass(frozen=True, slots=True)
class Example:
    """One demo customer: who, since how many days, how many of the first steps are done."""

    name: str
    industry: str
    city: str
    country: str
    contact: str
    email: str
    language: str
    days_ago: int
    done: int


@dataclass(frozen=True, slots=True)
class House:
    """One demo organisation."""

    slug: str
    name: str
    country: str
    time_zone: str
    accent: str
    team: tuple[tuple[str, str, str, str], ...]
    customers: tuple[Example, ...]


HOUSES = (
    House(
        "steppe", "Steppe Cloud", "MN", "Asia/Ulaanbaatar", "#2f5bd7",
        (
            ("anna@steppe.example", "Anna Bauer", "owner", "Head of onboarding"),
            ("bat@steppe.example", "Батболд Ганзориг", "specialist", "Onboarding specialist"),
            ("siti@steppe.example", "Siti Aminah", "manager", "Team lead"),
            ("leyla@steppe.example", "Leyla Məmmədova", "compliance", "Compliance officer"),
        ),
        (
            Example("Gobi Textile", "Textiles", "Ulaanbaatar", "MN", "Сарнай Дорж", "sarnai@gobi.example", "mn", 12, 5),
            Example("Padma Logistics", "Logistics", "Dhaka", "BD", "রহিমা খাতুন চৌধুরী", "rahima@padma.example", "bn", 20, 9),
            Example("Xəzər Enerji", "Energy", "Bakı", "AZ", "Elçin Quliyev", "elcin@xezer.example", "az", 5, 2),
            Example("Selat Foods", "Food", "Johor Bahru", "MY", "Nur Iskandar", "nur@selat.example", "ms", 2, 0),
            Example("Himalaya Books", "Retail", "Lucknow", "IN", "अनुराधा श्रीवास्तव", "anuradha@himalaya.example", "hi", 30, 14),
            Example("Harbour & Sons", "Engineering", "Bristol", "GB", "Tom Harbour", "tom@harbour.example", "en", 8, 4),
        ),
    ),
    House(
        "delta", "Delta Partners", "BD", "Asia/Dhaka", "#0f766e",
        (
            ("karim@delta.example", "করিম আহমেদ", "owner", "Partner"),
            ("mina@delta.example", "Mina Rao", "specialist", "Consultant"),
        ),
        (Example("Meghna Bank", "Banking", "Dhaka", "BD", "Farida Begum", "farida@meghna.example", "bn", 6, 3),),
    ),
)  # fmt: skip


def playbook_folder() -> Path:
    """Where the shipped playbooks lie: beside the package in a wheel, at the top of a checkout."""
    package = Path(__file__).resolve().parents[2]
    inside = package / "playbooks"
    return inside if inside.is_dir() else package.parents[1] / "playbooks"


def load() -> None:
    """Makes everything. Takes a few seconds; runs once, on an empty database."""
    sources = {path.stem: path.read_text(encoding="utf-8") for path in sorted(playbook_folder().glob("*.yaml"))}
    for house in HOUSES:
        _load_house(house, sources)


def _load_house(house: House, sources: dict[str, str]) -> None:
    organisation_id = found_organisation(slug=house.slug, name=house.name, country=house.country, time_zone=house.time_zone, is_demo=True)
    member_ids = []
    with tenancy.acting_for(organisation_id):
        update_brand(display_name=house.name, accent=house.accent, support_email=f"help@{house.slug}.example")
        for email, name, role, title in house.team:
            member_ids.append(invite_member(email=email, name=name, role=role, job_title=title))
            person = person_by_email(email)
            if person is not None:
                person.set_password(PASSWORD)
                person.save()
        actor = actor_for_member(member_by_id(member_ids[0]))
    keys = list(sources)
    with tenancy.acting_for(organisation_id, actor):
        for source in sources.values():
            import_playbook(source, kind_rules(), note="As shipped")
        for number, example in enumerate(house.customers):
            _load_customer(example, keys[number % len(keys)], member_ids[number % min(2, len(member_ids))], sources)


def _load_customer(example: Example, playbook_key: str, owner_id: str, sources: dict[str, str]) -> None:
    account_id = create_account(
        name=example.name, industry=example.industry, city=example.city, country=example.country, language=example.language,
        owner_id=owner_id, email_domains=[example.email.partition("@")[2]],
    )  # fmt: skip
    add_contact(account_id, name=example.contact, email=example.email, role="admin", language=example.language)
    person = person_by_email(example.email)
    if person is not None:
        person.set_password(PASSWORD)
        person.language = example.language
        person.save()
    document = parse(sources[playbook_key])
    kickoff_on = today() - timedelta(days=example.days_ago)
    started = start_journey(
        StartOrder(
            playbook_key=document.key, account_id=account_id, owner_id=owner_id, kickoff_on=kickoff_on, source="demo",
            external_id=example.email,
        )
    )  # fmt: skip
    for _turn in range(example.done):
        ready = next((step for step in journey_page(started.journey_id).every_step if step.is_open and step.marks != "go_live"), None)
        if ready is None:
            break
        complete_step(started.journey_id, ready.key)
    post_message(started.journey_id, account_id, body="Welcome! I am here for every question. Write to me at any time.")


def welcome(port: int) -> str:
    """What to look at, and how to sign in."""
    base = f"http://localhost:{port}"
    member, customer = HOUSES[0].team[0], HOUSES[0].customers[1]
    return "\n".join(
        (
            "",
            f"  Boardwell runs at {base}  (Ctrl-C stops it)",
            "",
            f"  As a member of the team:  {member[0]}    password: {PASSWORD}",
            f"  As a customer:            {customer.email}   password: {PASSWORD}",
            "",
            f"  Mail never leaves this machine: see it at {base}/{HOUSES[0].slug}/outbox/",
            "",
        )
    )
