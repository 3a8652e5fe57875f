"""Our side: an installation with two organisations, one for us and one for the floor, in one database."""

from dataclasses import dataclass
from typing import Any

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from process import CHAIN, NEEDS, playbook  # noqa: E402

from boardwell.domain.accounts.actions.save_account import create_account  # noqa: E402
from boardwell.domain.journeys.actions.complete_step import complete_step  # noqa: E402
from boardwell.domain.journeys.actions.start_journey import start_journey  # noqa: E402
from boardwell.domain.journeys.kinds import kind_rules  # noqa: E402
from boardwell.domain.journeys.orders import StartOrder  # noqa: E402
from boardwell.domain.organisations.actions.found_organisation import found_organisation  # noqa: E402
from boardwell.domain.people.actions.invite_member import invite_member  # noqa: E402
from boardwell.domain.people.models import Member  # noqa: E402
from boardwell.domain.people.roles import actor_for_member  # noqa: E402
from boardwell.domain.playbooks.actions.write_playbook import import_playbook  # noqa: E402
from boardwell.kernel import tenancy  # noqa: E402

PROCESSES = {"twenty": NEEDS, "large": CHAIN}


@dataclass
class Team:
    """An organisation with an owner, a customer and both playbooks."""

    organisation_id: str
    member: Member
    account_id: str

    def acting(self) -> Any:
        """The context in which its owner acts."""
        return tenancy.acting_for(self.organisation_id, actor_for_member(self.member))

    def start(self, key: str) -> str:
        """Starts a journey by the action; inside `acting`."""
        order = StartOrder(playbook_key=key, account_id=self.account_id, owner_id=self.member.id, welcome=False)
        return start_journey(order).journey_id


def migrated() -> None:
    """The tables, as a new installation has them."""
    call_command("migrate", verbosity=0)


def team(slug: str) -> Team:
    """A new organisation, made through the actions."""
    organisation_id = found_organisation(slug=slug, name="Bench")
    with tenancy.acting_for(organisation_id):
        member = Member.objects.get(pk=invite_member(email=f"a@{slug}.example", name="Anna Bench", role="owner"))
    made = Team(organisation_id, member, "")
    with made.acting():
        made.account_id = create_account(name="Bench")
        for key, needs in PROCESSES.items():
            import_playbook(playbook(key, needs), kind_rules())
    return made


def complete(journey_id: str, number: int) -> None:
    """Completes a step by the action."""
    complete_step(journey_id, f"s{number}")


def source_of_database() -> str:
    """What `Bare` needs to open the same database: a path or a connection string."""
    given = connection.settings_dict
    if connection.vendor == "sqlite":
        return str(given["NAME"])
    return f"host={given['HOST']} port={given['PORT']} user={given['USER']} dbname={given['NAME']}"
