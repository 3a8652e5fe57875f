"""Every setting, with embedded defaults that need nothing else on the machine."""

import secrets
from pathlib import Path

from django.utils.csp import CSP

from boardwell.config import env
from boardwell.config.databases import database_from_url
from boardwell.config.installed import capability_apps, listener_apps
from boardwell.config.logs import LOGGING_CONFIGURATION

PACKAGE = Path(__file__).resolve().parent.parent
VAR = Path(env.text("VAR", "var")).resolve()
"""Where the embedded database, files, keys and logs live; never inside the package."""


def _kept_secret() -> str:
    """The secret key: from the environment, else made once and kept in VAR with mode 600."""
    if given := env.secret("SECRET_KEY"):
        return given
    path = VAR / "secret-key"
    if path.exists():
        return path.read_text().strip()
    made = secrets.token_urlsafe(64)
    try:
        VAR.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(made)
    except OSError:
        return made  # read-only folder: the start-up checks report it in words
    return made


SECRET_KEY = _kept_secret()
SECRET_KEY_FALLBACKS = env.words("SECRET_KEY_FALLBACKS")
DEBUG = env.flag("DEBUG", False)
BASE_URL = env.text("BASE_URL", "http://localhost:8000").rstrip("/")
HTTPS = BASE_URL.startswith("https://")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = [BASE_URL] if HTTPS else []

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "boardwell.doors.sign_in",  # before allauth, whose templates it replaces
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.mfa",
    "allauth.usersessions",
    "boardwell.kernel",
    "boardwell.domain.audit",
    "boardwell.domain.organisations",
    "boardwell.domain.people",
    "boardwell.domain.vault",
    "boardwell.domain.accounts",
    "boardwell.domain.conversations",
    "boardwell.domain.playbooks",
    "boardwell.domain.journeys",
    "boardwell.domain.papers",
    "boardwell.domain.automations",
    "boardwell.domain.seals",
    "boardwell.ui",
    *listener_apps(),
    *capability_apps(),
    "boardwell.doors.workspace",
    "boardwell.doors.portal",
    "boardwell.doors.api",
    "boardwell.doors.console",
]

MIDDLEWARE = [
    "boardwell.config.requests.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "boardwell.config.security.HeadersMiddleware",
    "boardwell.doors.api.middleware.ApiMiddleware",
    "boardwell.config.languages.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "boardwell.config.pages.PagesMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "boardwell.config.failures.FailuresMiddleware",
]
PAGES_MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "boardwell.doors.sign_in.devices.SeenMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
"""What `PagesMiddleware` stands for, wherever the API is not asked."""

ROOT_URLCONF = "boardwell.config.urls"
WSGI_APPLICATION = "boardwell.config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "boardwell.ui.page.page_context",
            ],
            "builtins": ["boardwell.ui.templatetags.ui", "django.templatetags.i18n"],
        },
    }
]

DATABASES = {"default": database_from_url(env.text("DATABASE_URL"), VAR)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {
    # Rate limits must hold across processes, so their counters live in the database.
    # With Django's 300 entries, somebody who signs in under 300 names would push out the counters that hold others back.
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "kernel_cache",
        "OPTIONS": {"MAX_ENTRIES": 200_000, "CULL_FREQUENCY": 10},
    },
    # What may be forgotten with the process, and done again by each: when a session was last written down as seen.
    "near": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": {"MAX_ENTRIES": 20_000}},
}  # fmt: skip
TASKS = {"default": {"BACKEND": "boardwell.kernel.tasks.backend.DatabaseBackend", "QUEUES": []}}

AUTH_USER_MODEL = "people.Person"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.ScryptPasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"

SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "session"
SESSION_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 14
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrf"
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True
CSRF_USE_SESSIONS = False
CSRF_FAILURE_VIEW = "boardwell.config.failures.csrf_failure"
SECURE_SSL_REDIRECT = False  # the proxy in front redirects; see docs/guides/operate.md
SECURE_HSTS_SECONDS = 63_072_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.flag("BEHIND_PROXY") else None
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if env.flag("BEHIND_PROXY") else 0
"""Whose address is counted at sign-in: the proxy's word for it, or the connection's; never what a client claims."""
X_FRAME_OPTIONS = "DENY"
SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:"],
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "manifest-src": [CSP.SELF],
    "media-src": [CSP.SELF],
    "frame-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
UPLOAD_MAX_BYTES = env.number("UPLOAD_MAX_BYTES", 50 * 1024 * 1024)
REQUEST_MAX_BYTES = 2 * UPLOAD_MAX_BYTES + DATA_UPLOAD_MAX_MEMORY_SIZE
"""A whole request, with several files in it."""
API_REQUESTS_PER_MINUTE = env.number("API_REQUESTS_PER_MINUTE", 3_000)
"""For each key; an organisation's keys together get four times as much. 0 is no limit."""

LANGUAGE_CODE = "en"
LANGUAGES = [
    ("en", "English"),
    ("hi", "हिन्दी"),
    ("bn", "বাংলা"),
    ("az", "Azərbaycanca"),
    ("ms", "Bahasa Melayu"),
    ("mn", "Монгол"),
]
LOCALE_PATHS = [PACKAGE / "locale"]
FORMAT_MODULE_PATH = ["boardwell.config.formats"]
LANGUAGE_COOKIE_NAME = "language"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = VAR / "static"
FILES_ROOT = VAR / "files"
FILES_STORE = env.bucket("FILES")
CLAMD = env.scanner("CLAMD")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": FILES_ROOT}},
    "staticfiles": {"BACKEND": "boardwell.ui.staticfiles.HashedStorage"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG

EMAIL_BACKEND = "boardwell.kernel.outgoing.mail.OutboxBackend"
MAIL_TRANSPORT = "smtp" if env.text("SMTP_HOST") else "outbox"
"""With no SMTP server configured nothing leaves the machine: every mail stays readable in the outbox."""
EMAIL_HOST = env.text("SMTP_HOST")
EMAIL_PORT = env.number("SMTP_PORT", 587)
EMAIL_HOST_USER = env.text("SMTP_USER")
EMAIL_HOST_PASSWORD = env.secret("SMTP_PASSWORD") or ""
EMAIL_USE_TLS = env.flag("SMTP_STARTTLS", EMAIL_PORT == 587)
EMAIL_USE_SSL = env.flag("SMTP_TLS", EMAIL_PORT == 465)
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env.text("MAIL_FROM", "Boardwell <no-reply@localhost>")

ACCOUNT_ADAPTER = "boardwell.doors.sign_in.adapter.AccountAdapter"
SOCIALACCOUNT_ADAPTER = "boardwell.doors.sign_in.providers.SocialAdapter"
MFA_ADAPTER = "boardwell.doors.sign_in.adapter.FactorAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_MAX_LENGTH = 320
# Nobody signs up, so this only means: a changed address has to be confirmed, by a code and not by a link.
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_TIMEOUT = 600
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 600
ACCOUNT_LOGIN_BY_CODE_MAX_ATTEMPTS = 3
ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED = True
ACCOUNT_PASSWORD_RESET_BY_CODE_TIMEOUT = 600
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_RATE_LIMITS = {"request_login_code": "20/m/ip,3/10m/key,30/d/key", "reset_password": "20/m/ip,3/10m/key,30/d/key"}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_ALLOW_UNVERIFIED_EMAIL = True  # people are invited: nobody can sign up in somebody else's name
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_PASSKEY_SIGNUP_ENABLED = False
MFA_WEBAUTHN_USER_VERIFICATION = "required"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS
SOCIALACCOUNT_ONLY = False
SOCIALACCOUNT_LOGIN_ON_GET = False
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False
SOCIALACCOUNT_STORE_TOKENS = False
OUTGOING_ALLOWED = env.words("OUTGOING_ALLOWED")
"""host:port of services inside that calls of ours may reach although they are not on the public internet."""

LOGGING = LOGGING_CONFIGURATION
SILENCED_SYSTEM_CHECKS = ["security.W008"]  # the proxy in front redirects to https, see SECURE_SSL_REDIRECT above

QUEUE_URL = env.broker("QUEUE")
"""Empty: workers find their work in the database by themselves. amqp://…: Celery over RabbitMQ carries the ids of rows to them."""
EMBEDDED_WORKER = env.flag("EMBEDDED_WORKER", not QUEUE_URL)
"""Run the background worker and the scheduler as threads of the web process."""
