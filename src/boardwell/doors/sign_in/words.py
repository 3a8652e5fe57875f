"""Every sentence that allauth would say, in our words and through our translations."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

type Words = str | Promise

ACCOUNT_ERRORS: dict[str, Words] = {
    "account_inactive": _("This sign-in was switched off. Ask an administrator of your organisation."),
    "cannot_remove_primary_email": _("This is the address you sign in with; change it instead."),
    "duplicate_email": _("This is your address already."),
    "email_password_mismatch": _("The address or the password is not right. Try again, or let us send you a code."),
    "email_taken": _("This address cannot be used. Choose another one."),
    "enter_current_password": _("Enter the password that you use now."),
    "incorrect_code": _("That code is not right. Look at the newest mail, or at the app, and try again."),
    "incorrect_password": _("That password is not right."),
    "invalid_or_expired_key": _("This took too long. Begin again."),
    "invalid_login": _("The address or the password is not right. Try again, or let us send you a code."),
    "invalid_password_reset": _("This took too long. Begin again."),
    "max_email_addresses": _("You cannot have more addresses."),
    "too_many_login_attempts": _("Too many wrong tries. Wait a few minutes, or use a passkey."),
    "unknown_email": _("The address or the password is not right. Try again, or let us send you a code."),
    "unverified_primary_email": _("Confirm the new address first."),
    "select_only_one": _("Choose one only."),
    "same_as_current": _("That is the one you have already."),
    "rate_limited": _("Too many tries. Wait a few minutes."),
}
FACTOR_ERRORS: dict[str, Words] = {
    "unverified_email": _("Confirm your address first."),
    "add_email_blocked": _("Remove the second factor before you add an address."),
    "cannot_delete_authenticator": _("Your organisation asks for a second factor, so the last one stays. Add another one first."),
    "cannot_generate_recovery_codes": _("Recovery codes belong to an authenticator app. Set one up first."),
    "incorrect_code": _("That code is not right. Look at the newest mail, or at the app, and try again."),
}
PROVIDER_ERRORS: dict[str, Words] = {
    "email_taken": _("This address cannot be used. Choose another one."),
    "invalid_token": _("The answer of the sign-in service could not be trusted. Try again."),
    "no_password": _("This is your only way in. Set a password or add a passkey first."),
    "no_verified_email": _("Confirm your address first."),
    "disconnect_last": _("This is your only way in. Set a password or add a passkey first."),
    "connected_other": _("That account signs in somebody else already."),
}
SAID: dict[str, Words] = {
    "account/messages/email_confirmation_failed.txt": _("This address cannot be used. Choose another one."),
    "account/messages/email_confirmation_sent.txt": _("We have sent a code to the new address."),
    "account/messages/email_confirmed.txt": _("Saved. From now on you sign in with the new address."),
    "account/messages/email_deleted.txt": _("The change was called off."),
    "account/messages/cannot_delete_primary_email.txt": _("This is the address you sign in with; change it instead."),
    "account/messages/unverified_primary_email.txt": _("Confirm the new address first."),
    "account/messages/password_changed.txt": _("Saved. Your other sessions stay open; end them below if you wish."),
    "account/messages/password_set.txt": _("Saved. You can sign in with a password now."),
    "account/messages/logged_out.txt": _("You have signed out."),
    "mfa/messages/totp_activated.txt": _("The authenticator app is set up."),
    "mfa/messages/totp_deactivated.txt": _("The authenticator app is removed."),
    "mfa/messages/webauthn_added.txt": _("The passkey is set up. Next time you come in with it."),
    "mfa/messages/webauthn_removed.txt": _("The passkey is removed."),
    "socialaccount/messages/account_connected.txt": _("Connected. You can sign in this way now."),
    "socialaccount/messages/account_connected_updated.txt": _("Connected. You can sign in this way now."),
    "socialaccount/messages/account_connected_other.txt": _("That account signs in somebody else already."),
    "socialaccount/messages/account_disconnected.txt": _("Disconnected."),
    "usersessions/messages/sessions_logged_out.txt": _("Every other session has ended."),
}
"""Messages for the next page. What is not here is not said: it stands on the page already."""

NOTICES: dict[str, tuple[Words, Words]] = {
    "boardwell/new_device": (
        _("A sign-in from a new device"),
        _("You were signed in with a browser or on a device that you have not used here before. If it was you, there is nothing to do."),
    ),
    "account/email/email_changed": (
        _("Your sign-in address was changed"), _("From now on %(to_email)s signs in, and no longer this address."),
    ),
    "account/email/password_changed": (_("Your password was changed"), _("Your password was changed.")),
    "account/email/password_set": (_("A password was set"), _("From now on you can sign in with a password too.")),
    "account/email/password_reset": (_("Your password was changed"), _("Your password was changed with a code from your mail.")),
    "mfa/email/totp_activated": (_("An authenticator app was set up"), _("From now on an authenticator app confirms that it is you.")),
    "mfa/email/totp_deactivated": (_("Your second factor was removed"), _("The authenticator app does not confirm your sign-in any more.")),
    "mfa/email/webauthn_added": (_("A new passkey was added"), _("From now on a new passkey opens your account.")),
    "mfa/email/webauthn_removed": (_("A passkey was removed"), _("A passkey does not open your account any more.")),
    "mfa/email/recovery_codes_generated": (_("New recovery codes were made"), _("The recovery codes that you had do not work any more.")),
    "socialaccount/email/account_connected": (_("Another way to sign in was connected"), _("%(provider)s can sign you in now.")),
    "socialaccount/email/account_disconnected": (_("A way to sign in was disconnected"), _("%(provider)s does not sign you in any more.")),
}  # fmt: skip
"""Letters about a person's own sign-in: subject and first sentence."""

CODES: dict[str, tuple[Words, Words, Words]] = {
    "account/email/login_code": (
        _("%(code)s is your sign-in code"), _("Your sign-in code"),
        _("The button works in the browser in which you asked for the code. If you did not ask, ignore this mail: nobody can come in without the code."),
    ),
    "account/email/password_reset_code": (
        _("%(code)s is your code for a new password"), _("Your code for a new password"),
        _("If you did not ask, ignore this mail: your password stays as it is."),
    ),
    "account/email/email_confirmation": (
        _("%(code)s confirms your new address"), _("Confirm your new address"),
        _("If you did not ask, ignore this mail: nothing changes."),
    ),
    "boardwell/confirm": (
        _("%(code)s confirms that it is you"), _("Confirm that it is you"),
        _("If you did not ask, somebody else is using your account: sign in and end the other sessions."),
    ),
}  # fmt: skip
"""Letters with a code: subject, heading, what to do when one did not ask."""
