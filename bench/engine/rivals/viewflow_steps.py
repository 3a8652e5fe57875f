"""viewflow: handles completed from code, with the engine's own transaction and, on PostgreSQL, its own lock."""

import sys
from typing import Any

import django
from answering import answer
from django.conf import settings

SOURCE = sys.argv[1]


def database() -> dict[str, Any]:
    """The rival's own database, as durable as ours."""
    if "=" not in SOURCE:
        init = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
        return {
            "ENGINE": "django.db.backends.sqlite3", "NAME": SOURCE, "CONN_MAX_AGE": None,
            "OPTIONS": {"transaction_mode": "IMMEDIATE", "init_command": init},
        }  # fmt: skip
    parts = dict(part.split("=", 1) for part in SOURCE.split())
    return {
        "ENGINE": "django.db.backends.postgresql", "HOST": parts["host"], "PORT": parts["port"], "USER": parts["user"],
        "NAME": parts["dbname"], "CONN_MAX_AGE": None,
    }  # fmt: skip


settings.configure(
    SECRET_KEY="bench", USE_TZ=True, DATABASES={"default": database()}, DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "viewflow", "viewflow.workflow", "onboarding"],
)  # fmt: skip
django.setup()

from django.core.management import call_command  # noqa: E402
from onboarding.flows import Onboarding  # noqa: E402
from viewflow.workflow.models import Process, Task  # noqa: E402


def main() -> None:
    """Serves the bench."""
    call_command("migrate", verbosity=0)

    def complete(process: Any, number: int) -> None:
        node = getattr(Onboarding, f"s{number}")
        node.run(Task._default_manager.get(process_id=process.pk, flow_task=node, status="NEW"))

    answer(Onboarding.start.run, complete, lambda process: Process.objects.get(pk=process.pk).status == "DONE")


main()
