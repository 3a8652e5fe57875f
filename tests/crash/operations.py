"""The business operations that crash trials kill, and the house in which they happen."""

import json
import os
import tempfile
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

VAR = Path(os.environ.setdefault("BOARDWELL_VAR", tempfile.mkdtemp(prefix="boardwell-crash-")))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "boardwell.config.settings")
os.environ.setdefault("BOARDWELL_DATABASE_URL", "")
os.environ["BOARDWELL_ALLOWED_HOSTS"] = "testserver"


def prepare() -> None:
    """The house in which all operations happen; written down in VAR/world.json."""
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)
    from boardwell.domain.journeys.actions.import_accounts import start_import, upload_import
    from boardwell.kernel.tasks.worker import run_until_idle
    from tests.hostile.world import Filled

    house = Filled("acme", "alpha")
    with house.as_owner():
        rows = "".join(f"Imported {number},p{number}@imported.example\n" for number in range(12))
        run_until_idle()
        run_id = upload_import(BytesIO(b"Name,Contact email\n" + rows.encode()), "rows.csv")
        start_import(run_id, mapping={"name": "Name", "contact_email": "Contact email"})
    (VAR / "world.json").write_text(
        json.dumps({
            "slug": house.slug, "organisation": house.organisation_id, "journey": house.journey_id, "account": house.account_id,
            "owner": house.owner.id, "secret": house.secret, "contact_person": str(house.contact.person_id), "run": run_id,
        })
    )  # fmt: skip


def world() -> dict[str, str]:
    return json.loads((VAR / "world.json").read_text())  # type: ignore[no-any-return]


def by_api(path: str, body: dict[str, Any]) -> int:
    from django.test import Client

    client = Client(headers={"Authorization": f"Bearer {world()['secret']}", "Idempotency-Key": "once"})
    answer = client.post(f"/api/v1/{path}", json.dumps(body), content_type="application/json")
    if answer.status_code not in {200, 409}:
        raise RuntimeError(f"answered {answer.status_code}: {answer.content[:200]!r}")
    return answer.status_code


def as_customer(path: str, values: dict[str, Any]) -> int:
    from django.test import Client

    from boardwell.domain.people.models import Person

    client = Client()
    client.force_login(Person.objects.get(pk=world()["contact_person"]), backend="allauth.account.auth_backends.AuthenticationBackend")
    answer = client.post(f"/p/{world()['journey']}/{path}", values)
    if answer.status_code not in {200, 302, 422}:  # 422: the retry finds it done; what is there is checked apart
        raise RuntimeError(f"answered {answer.status_code}")
    return answer.status_code


def work(*rounds: str) -> Callable[[], Any]:
    """One turn of the worker's rounds."""

    def run() -> Any:
        from boardwell.kernel.tasks.worker import Worker

        worker = Worker("crash")
        return [getattr(worker, one)() for one in rounds]

    return run


def keep_file() -> Any:
    from django.core.files.uploadedfile import SimpleUploadedFile

    from boardwell.domain.vault.models import StoredFile
    from boardwell.kernel import tenancy

    with tenancy.unscoped("crash: a person looks whether their file is there before sending it again"):
        if StoredFile.objects.filter(name="deed.txt").exists():
            return 0
    return as_customer("files/", {"files": SimpleUploadedFile("deed.txt", b"x" * 300_000)})


def later(run: Callable[[], Any]) -> Callable[[], Any]:
    """The same, after every lease has run out."""

    def shifted() -> Any:
        import time_machine

        with time_machine.travel(time.time() + 120, tick=True):
            return run()

    return shifted


def mail_waits() -> None:
    from boardwell.kernel import tenancy
    from boardwell.kernel.outgoing.mail import OutgoingMail, post

    with tenancy.acting_for(world()["organisation"]):
        post(OutgoingMail(recipient="lead@example.com", subject="Once", text="Only once.", key="crash"))


FORM = {"f_text": "a", "f_seats": "60", "f_day": "2026-12-24", "verb": "complete"}
OPERATIONS: dict[str, tuple[Callable[[], Any], Callable[[], Any] | None, Callable[[], Any] | None]] = {
    # name: (the operation, what puts it in place before, how it is tried again when not simply once more)
    "complete a step": (lambda: by_api(f"journeys/{world()['journey']}/steps/ours/complete", {}), None, None),
    "start a journey": (
        lambda: by_api("journeys", {"playbook": "every-kind", "account_id": world()["account"], "owner_id": world()["owner"], "external_id": "9"}),
        None, None,
    ),
    "accept a form": (lambda: as_customer("steps/questions/", FORM), None, None),
    "keep an uploaded file": (keep_file, None, None),
    "import a batch of rows": (work("run_inside"), None, None),
    "deliver events": (
        work("deliver_events"), lambda: by_api(f"journeys/{world()['journey']}/steps/ours/complete", {}), None,
    ),
    "deliver mail": (work("run_outside"), mail_waits, later(work("run_outside"))),
}  # fmt: skip
