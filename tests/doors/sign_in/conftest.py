"""A provider of one's own, answering on this machine."""

from collections.abc import Iterator

import pytest

from tests.doors.sign_in.openid import Provider


@pytest.fixture
def provider(settings) -> Iterator[Provider]:
    made = Provider()
    settings.OUTGOING_ALLOWED = [made.place]
    settings.BASE_URL = "http://testserver"
    yield made
    made.close()
