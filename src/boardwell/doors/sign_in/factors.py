"""When a second factor is due."""

from allauth.mfa.models import Authenticator
from allauth.mfa.stages import AuthenticateStage
from allauth.mfa.utils import is_mfa_enabled
from django.http import HttpRequest

from boardwell.domain.people.queries import memberships_of
from boardwell.doors.sign_in.providers import provider_of_session


class SecondFactorStage(AuthenticateStage):  # type: ignore[misc]  # allauth has no types
    """Members confirm with what they set up. A contact's passkey is a quicker way in, not a second lock:

    a code from their mail still opens the portal on a device without it, unless they chose an authenticator app.
    """

    def _should_handle(self, request: HttpRequest) -> bool:
        if not super()._should_handle(request):
            return False
        provider = provider_of_session(request, self.login.user)
        if provider is not None and provider.asks_second_factor:
            return False
        return is_mfa_enabled(self.login.user, [Authenticator.Type.TOTP]) or bool(memberships_of(self.login.user.pk))
