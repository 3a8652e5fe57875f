"""Work that a capability does again and again, for every organisation in turn."""

from collections.abc import Callable
from datetime import timedelta

from boardwell.domain.organisations.models import Organisation
from boardwell.kernel import tenancy
from boardwell.kernel.recurring import every


def every_organisation(period: timedelta, *, name: str) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """Registers a job that runs inside `acting_for` each organisation as the system; must be safe to repeat, and short."""

    def register(job: Callable[[], None]) -> Callable[[], None]:
        def run() -> None:
            for organisation_id in list(Organisation.objects.order_by("id").values_list("id", flat=True)):
                with tenancy.acting_for(organisation_id):
                    job()

        every(period, name=name)(run)
        return job

    return register
