"""Remember what somebody signs in with."""

from django.db import transaction

from boardwell.domain.people.models import Person

MOST_DEVICES = 30


def note_device(person_id: str, device: str) -> bool:
    """Whether this kind of device is new with the person; never so the first time of all. Belongs to no organisation, so no log has it.

    Of two first sign-ins at once from the same one, exactly one is told that it is new. The oldest of more than 30 is forgotten.
    """
    with transaction.atomic():
        person = Person.objects.select_for_update().only("devices").get(pk=person_id)
        known = list(person.devices)
        if device in known:
            return False
        person.devices = [*known, device][-MOST_DEVICES:]
        person.save(update_fields=["devices"])
        return bool(known)
