"""Two houses with something in every table, and one of them with a canary in every text that people wrote."""

import re
from datetime import date
from io import BytesIO

from django.apps import apps
from django.db import connection, models
from django.test import Client

from boardwell.capabilities.meetings.booking import book, open_slots
from boardwell.capabilities.meetings.hours import HoursOrder, change_hours
from boardwell.domain.accounts.actions.invite_contact import invite_contact, issue_invitation_token
from boardwell.domain.accounts.actions.save_account import create_account
from boardwell.domain.accounts.actions.save_contact import add_contact, remove_contact
from boardwell.domain.accounts.models import Contact
from boardwell.domain.automations.actions.save_automation import save_automation
from boardwell.domain.automations.actions.switch_automation import switch_all, switch_automation
from boardwell.domain.automations.rules import Deed, Rule
from boardwell.domain.conversations.actions.post_message import mark_read, post_message
from boardwell.domain.conversations.models import Message
from boardwell.domain.journeys.actions.import_accounts import start_import, upload_import
from boardwell.domain.journeys.actions.import_log import start_log_import, survey_log, upload_log
from boardwell.domain.journeys.actions.record_facts import record_facts
from boardwell.domain.journeys.actions.rehearse_playbook import start_rehearsal
from boardwell.domain.journeys.actions.save_progress import save_progress
from boardwell.domain.journeys.handle import handle_for
from boardwell.domain.journeys.kinds import kind_rules
from boardwell.domain.journeys.models import PlanProposal, Step, VersionMove
from boardwell.domain.organisations.actions.change_settings import save_calendar, update_brand
from boardwell.domain.organisations.models import WorkCalendar
from boardwell.domain.papers.actions.accept_paper import accept_paper
from boardwell.domain.papers.actions.schedule_reports import schedule_reports
from boardwell.domain.papers.actions.write_paper import draft_paper, send_paper
from boardwell.domain.people.actions.change_member import change_member
from boardwell.domain.people.actions.manage_api_keys import create_api_key
from boardwell.domain.people.actions.save_view import save_view
from boardwell.domain.people.models import IdentityProvider, Person
from boardwell.domain.people.roles import PERMISSIONS
from boardwell.domain.playbooks.actions.write_playbook import create_playbook, import_playbook
from boardwell.domain.playbooks.models import PlaybookVersion
from boardwell.domain.playbooks.starter import starter
from boardwell.domain.vault.actions.keep_file import keep_file
from boardwell.kernel import tenancy
from boardwell.kernel.models import Mail
from boardwell.kernel.schema import append_only_lifted
from boardwell.kernel.tasks.worker import run_until_idle
from tests.conftest import ROOT, House

CANARY = "cnry7f3a"
EVERY_KIND = (ROOT / "tests" / "hostile" / "every-kind.yaml").read_text(encoding="utf-8")

WITHOUT_CANARY = re.compile(
    r"(^|_)(id|key|kind|kinds|state|side|role|verb|hash|sha256|path|hint|secret|language|time_zone|country|party|visibility|source"
    r"|currency|health|phase|marks|theme|slug|accent|password|fingerprint|route|queue|function|leased_by|media_type|code|subdivision"
    r"|purpose|headers|sender|page|draft|email|recipient|reply_to|external_id|website|body|weekdays|languages|scopes|calendar|roles"
    r"|team_roles|mapping|options|settings|progress|outcome|texts|days_off|email_domains|arguments|result|last_error|value|fields"
    r"|certificates|crl|key_sealed|stamp_roots|manifest|manifest_signature|twin|health_reasons|because|additions|removals|title_json|mail_footer)$"
)
"""Columns that nobody types freely, or whose form has to stay: the words that come through them are told apart by `WRITTEN`."""


class Filled(House):
    """A house in which everything that can be there is there, made through the public actions."""

    def __init__(self, slug: str, word: str) -> None:
        super().__init__(slug)
        self.word = word
        with self.as_owner():
            import_playbook(EVERY_KIND, kind_rules())
            create_playbook("draft", starter("draft"))
            self.second_account_id = create_account(name=f"{word} second customer", notes=word, external_id=f"{word}-ext")
            self.participant = self._contact(self.account_id, "participant", "participant")
            self.gone = self._contact(self.account_id, "gone", "participant")
            self.stranger = self._contact(self.second_account_id, "stranger", "admin")
            remove_contact(self.gone.id)
            update_brand(display_name=f"{word} house", accent="#2f5bd7", support_email=f"help@{slug}.example")
            save_calendar(calendar_id="", name=f"{word} days", country="", weekdays=[0, 1], days_off=["2027-01-04"], is_default=False)
            self.view_id = save_view(page="journeys", name=f"{word} view", query=f"search={word}", shared=True)
            self.automation_id = save_automation(
                "", name=f"{word} rule", rule=Rule("journey_started", (), "", (Deed("note", text=f"{word} note of a rule"),))
            )
            switch_automation(self.automation_id, on=True)
            self.key_id, self.secret = create_api_key(name=f"{word} key", scopes=list(PERMISSIONS))
            _weak, self.weak_secret = create_api_key(name=f"{word} weak", scopes=["journeys:view"])
        self.journey_id = self.start(playbook_key="every-kind", title=f"{word} journey", facts={"seats": 10, "plain": word})
        self.second_journey_id = self.start(
            playbook_key="every-kind", title=f"{word} second journey", account_id=self.second_account_id, facts={"seats": 10}
        )
        with self.as_owner():
            record_facts(self.journey_id, {"seats": 60, "aims": [word]})  # proposes a step more
            record_facts(self.second_journey_id, {"seats": 70})
            post_message(self.journey_id, self.account_id, body=f"{word} shared message")
            post_message(self.journey_id, self.account_id, body=f"{word} internal note", visibility="internal")
            save_progress(self.journey_id, "ours", {"ticked": [], "note": f"{word} note"})
            mark_read(self.journey_id)
            self.file_id = self._file(self.journey_id, self.account_id, "shared")
            self.internal_file_id = self._file(self.journey_id, self.account_id, "internal")
            self.second_file_id = self._file(self.second_journey_id, self.second_account_id, "shared")
            rows = f"Name,Contact email\n{word} imported,a@b.example\n{word} refused,no address\n"
            self.run_id = upload_import(BytesIO(rows.encode()), f"{word}.csv")
            start_import(self.run_id, mapping={"name": "Name", "contact_email": "Contact email"})
            self.mapping_run_id = upload_import(BytesIO(rows.encode()), f"{word}.csv")
            self.invitation_id = invite_contact(self.contact.id, journey_id=self.journey_id)
            sheet = draft_paper(self.journey_id, "expectation_sheet")
            send_paper(sheet, {"support": f"{word} support"}, revision=1)
            self.paper_id = draft_paper(self.journey_id, "status_report")
            send_paper(self.paper_id, {"summary": f"{word} report"}, revision=1)
            self.draft_id = draft_paper(self.journey_id, "status_report")
            schedule_reports(self.journey_id, every="month", first_on=date(2099, 1, 1), by_itself=False)
            self.moves_id = f"run_{slug}"
            VersionMove(
                account_id=self.account_id, journey_id=self.journey_id, run_id=self.moves_id, state="refused", words=f"{word} refusal",
                to_version=PlaybookVersion.objects.filter(playbook__key="every-kind")[0], made_by=self.owner,
            ).save()  # fmt: skip
            lived = f"Case,Activity,Done\n{word},{word},2026-03-02\n{word},{word},{word}\n"
            self.log_id = upload_log(BytesIO(lived.encode()), f"{word}.csv")
            survey_log(self.log_id, mapping={"case": "Case", "activity": "Activity", "at": "Done"}, playbook_key="every-kind")
            start_log_import(self.log_id, steps={word: "ours"})
            self.mapping_log_id = upload_log(BytesIO(lived.encode()), f"{word}.csv")
            self.rehearsal_id = start_rehearsal("every-kind", number=1, customers=3)
            change_hours(
                HoursOrder(
                    time_zone="UTC", week=dict.fromkeys(range(7), "00:00-24:00"), days_off="", before_minutes=0, after_minutes=0,
                    feed=f"https://{slug}.invalid/{word}.ics",
                )
            )  # fmt: skip
            # A contact's part is done by the contact.
        with self.as_contact():
            meet = handle_for(self.journey_id, "meet")
            book(meet, open_slots(meet)[0].start, time_zone="UTC")
            save_progress(self.journey_id, "questions", {"answers": {"text": f"{word} draft"}})
            accept_paper(self.journey_id, sheet, name=f"{word} name")
            # Adding one through the action would ask a provider on the network.
        with self.as_owner():
            IdentityProvider(
                name=f"{word} sign-in", issuer=f"https://{slug}.example", client_id=word, secret_sealed=word, active=False
            ).save()
        self.viewer = self.member("viewer")
        self.suspended = self.member("manager")
        with self.as_owner():
            change_member(self.suspended.id, active=False)
        run_until_idle()
        with self.as_owner():
            switch_all(on=False)
        client_of(self.stranger.person).get("/p/")  # a first visit is noted once; what is seen afterwards must change nothing
        with tenancy.acting_for(self.organisation_id):
            self.token = issue_invitation_token(self.invitation_id)
            self.mail_id = Mail.objects.filter(organisation_id=self.organisation_id).values_list("id", flat=True)[0]
            self.message_id = Message.objects.filter(visibility="shared").values_list("id", flat=True)[0]
            self.proposal_id = PlanProposal.objects.filter(journey_id=self.journey_id).values_list("id", flat=True)[0]
            self.calendar_id = WorkCalendar.objects.get(name=f"{word} days").id
            self.step_id = Step.objects.filter(journey_id=self.journey_id, key="ours").values_list("id", flat=True)[0]

    def _contact(self, account_id: str, name: str, role: str) -> Contact:
        email = f"{name}@{self.slug}-customer.example"
        return Contact.objects.get(pk=add_contact(account_id, name=f"{self.word} {name}", email=email, role=role))

    def _file(self, journey_id: str, account_id: str, visibility: str) -> str:
        stream = BytesIO(f"{self.word} inside a file".encode())
        return keep_file(stream, f"{self.word}.txt", account_id=account_id, journey_id=journey_id, visibility=visibility)

    @property
    def parts(self) -> dict[str, str]:
        """A value for every part of a path."""
        return {
            "slug": self.slug, "journey_id": self.journey_id, "account_id": self.account_id, "contact_id": self.contact.id,
            "key": "questions", "file_id": self.file_id, "mail_id": self.mail_id, "member_id": self.viewer.id, "tab": "plan",
            "section": "brand", "run_id": self.run_id, "invitation_id": self.invitation_id, "token": self.token, "revision": "1",
            "paper_id": self.paper_id, "moves_id": self.moves_id, "rehearsal_id": self.rehearsal_id, "log_id": self.log_id, "page_key": "hours", "name": "meeting.ics",
            "automation_id": self.automation_id,
        }  # fmt: skip

    @property
    def ids(self) -> dict[str, str]:
        """One id of every kind of thing that a form, a query string or a body may name."""
        return {
            "journey": self.journey_id, "account": self.account_id, "contact": self.contact.id, "file": self.file_id,
            "mail": self.mail_id, "member": self.owner.id, "run": self.mapping_run_id, "invitation": self.invitation_id,
            "step": self.step_id, "message": self.message_id, "proposal": self.proposal_id, "calendar": self.calendar_id,
            "view": self.view_id, "rehearsal": self.rehearsal_id, "log": self.mapping_log_id, "paper": self.paper_id, "draft": self.draft_id, "api key": self.key_id, "person": str(self.owner.person_id), "organisation": self.organisation_id,
            "automation": self.automation_id,
        }  # fmt: skip

    def texts(self) -> list[tuple[type[models.Model], str]]:
        """Every column of this house's tables in which people write freely."""
        return [
            (model, field.name)
            for model in apps.get_models()
            if model.__module__.startswith("boardwell.")
            and model.__name__ != "AuditCheckpoint"
            and any(f.name in {"organisation", "organisation_id"} for f in model._meta.fields)
            for field in model._meta.concrete_fields
            if isinstance(field, models.CharField | models.TextField)
            and not (field.primary_key or field.is_relation or field.unique or field.choices)
            and (field.max_length or 100) >= 40  # shorter ones hold words of ours
            and not WITHOUT_CANARY.search(field.column)
        ]

    def put_canaries(self) -> set[str]:
        """Writes the canary in front of every free text that this house has; returns `table.column` of those that hold one now."""
        found = set()
        with append_only_lifted(), tenancy.acting_for(self.organisation_id), connection.cursor() as cursor:
            for model, name in self.texts():
                table, column = model._meta.db_table, model._meta.get_field(name).column
                cursor.execute(
                    f'UPDATE "{table}" SET "{column}" = substr(%s || "{column}", 1, %s) WHERE organisation_id = %s',
                    [CANARY, model._meta.get_field(name).max_length or 100_000, self.organisation_id],
                )
                if cursor.rowcount:
                    found.add(f"{table}.{column}")
        Person.objects.filter(pk__in=[self.owner.person_id, self.contact.person_id, self.participant.person_id]).update(name=CANARY)
        return found


def client_of(person: Person | None, **more: object) -> Client:
    """A browser in which somebody is signed in; with None, nobody."""
    client = Client(**more)  # type: ignore[arg-type]
    if person is not None:
        client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def everything_of(house: House, only: set[str] | None = None) -> dict[str, list[str]]:
    """Every row of every table of an organisation (or of a few tables), to compare before and after."""
    found = {}
    with connection.cursor() as cursor, tenancy.acting_for(house.organisation_id):
        for model in apps.get_models():
            table = model._meta.db_table
            if (only is not None and table not in only) or not any(
                field.column == "organisation_id" for field in model._meta.concrete_fields
            ):
                continue
            cursor.execute(f'SELECT * FROM "{table}" WHERE organisation_id = %s', [house.organisation_id])
            found[table] = sorted(map(repr, cursor.fetchall()))
    return found


def rows_naming(house: House, ids: set[str], only: set[str] | None = None) -> list[str]:
    """Where an organisation's rows name one of the ids."""
    return [f"{table}: {row[:200]}" for table, rows in everything_of(house, only).items() for row in rows if any(one in row for one in ids)]
