"""Django's settings, worked out from Baton's: one place, so that what protects the pages can be read from top to bottom."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as lazy
from psycopg.conninfo import conninfo_to_dict

from baton.settings import Settings

HERE = Path(__file__).parent
SCHEMA = "web"
"""The schema of Django's own tables: accounts, sessions, the rate limits' counts. Everything else belongs to the store."""
MOST_BYTES = 11_000_000
"""Of a whole request: a file of 10 MB and what is said about it."""
LINK_LIVES = timedelta(days=3)
"""How long a one-time sign-in link can be used."""
LOCKOUT = "20/m/ip,5/300s/key"
"""Failed tries: twenty a minute from one network address, five in five minutes for one account."""
LANGUAGES = [("en", "English"), ("es", "Español")]
THEMES = [("auto", lazy("Automatic")), ("light", lazy("Light")), ("dark", lazy("Dark"))]

MIDDLEWARE = [
    "baton.web.middleware.headers",
    "baton.web.middleware.PaceOfAddress",
    "baton.web.middleware.sizes",
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "baton.web.middleware.PaceOfPerson",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "baton.web.middleware.session_limits",
    "baton.web.middleware.Person",
]


def database_table(dsn: str) -> dict[str, Any]:
    """Django's description of the database behind a libpq address, with our schema first in the search path."""
    parts = {name: value for name, value in conninfo_to_dict(dsn).items() if value is not None}
    names = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    table: dict[str, Any] = {ours: str(parts.pop(theirs)) for theirs, ours in names.items() if theirs in parts}
    parts["options"] = f"{parts.get('options', '')} -c search_path={SCHEMA}".strip()
    return {
        "ENGINE": "django.db.backends.postgresql",
        **table,
        "OPTIONS": parts,
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
    }


def accounts_table() -> dict[str, Any]:
    """Sign-in: e-mail and password, passkeys, one-time codes, single sign-on; nobody signs up."""
    return {
        "AUTH_USER_MODEL": "web.Account",
        "AUTHENTICATION_BACKENDS": ["allauth.account.auth_backends.AuthenticationBackend"],
        "PASSWORD_HASHERS": ["django.contrib.auth.hashers.Argon2PasswordHasher"],
        "AUTH_PASSWORD_VALIDATORS": [
            {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
            # 20,000 passwords from breaches, shipped with Django: nothing is asked of anybody
            {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
            {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
            {
                "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
                "OPTIONS": {"user_attributes": ["email"]},
            },
            {"NAME": "baton.web.passwords.NotMadeOfCommonOnes"},
        ],
        "LOGIN_URL": "account_login",
        "LOGIN_REDIRECT_URL": "/",
        "ACCOUNT_ADAPTER": "baton.web.adapters.Accounts",
        "ACCOUNT_FORMS": {
            "login": "baton.web.forms.SignIn",
            "change_password": "baton.web.forms.ChangePassword",
            "set_password": "baton.web.forms.FirstPassword",
            "reauthenticate": "baton.web.forms.Again",
        },
        "ACCOUNT_LOGIN_METHODS": {"email"},
        "ACCOUNT_SIGNUP_FIELDS": ["email*", "password1*"],
        "ACCOUNT_USER_MODEL_USERNAME_FIELD": None,
        "ACCOUNT_EMAIL_VERIFICATION": "none",
        "ACCOUNT_SESSION_REMEMBER": False,
        "ACCOUNT_LOGOUT_REDIRECT_URL": "account_login",
        "ACCOUNT_RATE_LIMITS": {"login": "60/m/ip", "login_failed": LOCKOUT, "reauthenticate": "20/m/user"},
        "MFA_ADAPTER": "baton.web.adapters.Factors",
        "MFA_SUPPORTED_TYPES": ["totp", "webauthn", "recovery_codes"],
        "MFA_PASSKEY_LOGIN_ENABLED": True,
        # a passkey always asks for the finger, the face or the PIN: it is two factors in one
        "MFA_WEBAUTHN_USER_VERIFICATION": "required",
        "MFA_TOTP_TOLERANCE": 1,
        "MFA_TOTP_ISSUER": "Baton",
        "MFA_RECOVERY_CODES_SHOW_ONCE": True,
        "MFA_FORMS": {
            "authenticate": "baton.web.forms.Code",
            "reauthenticate": "baton.web.forms.CodeAgain",
            "activate_totp": "baton.web.forms.FirstCode",
            "login_webauthn": "baton.web.forms.Passkey",
        },
        "SOCIALACCOUNT_ADAPTER": "baton.web.adapters.SingleSignOn",
        "SOCIALACCOUNT_AUTO_SIGNUP": False,
        "SOCIALACCOUNT_LOGIN_ON_GET": True,
        "SOCIALACCOUNT_STORE_TOKENS": False,
        "SOCIALACCOUNT_ONLY": False,
    }


def sign_in_table(settings: Settings) -> dict[str, Any]:
    """What of the sign-in follows a hub's own settings."""
    longest = int(settings.session_longest) * 3600
    provider = {
        "provider_id": "sso",
        "name": settings.oidc_name or settings.oidc_issuer,
        "client_id": settings.oidc_client,
        "secret": settings.oidc_secret,
        "settings": {"server_url": settings.oidc_issuer.rstrip("/"), "oauth_pkce_enabled": True},
    }
    return {
        "SESSION_COOKIE_AGE": longest,
        "ACCOUNT_REAUTHENTICATION_TIMEOUT": int(settings.step_up) * 60,
        # browsers allow passkeys over plain http on localhost alone; what they allow, the server may
        "MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN": not (settings.https and settings.https != "0"),
        "SOCIALACCOUNT_PROVIDERS": {"openid_connect": {"APPS": [provider]}} if settings.oidc_issuer else {},
    }


def protection_table(settings: Settings) -> dict[str, Any]:
    """What guards the pages in a browser."""
    hosts = [host.strip() for host in settings.hosts.split(",") if host.strip()]
    secure = bool(settings.https) and settings.https != "0"
    return {
        "SECRET_KEY": settings.key().decode("latin-1"),
        "ALLOWED_HOSTS": hosts or ["localhost", "127.0.0.1", "[::1]"],
        "CSRF_TRUSTED_ORIGINS": [f"https://{host}" for host in hosts] if secure else [],
        "CSRF_FAILURE_VIEW": "baton.web.errors.stale_form",
        "CSRF_COOKIE_HTTPONLY": True,
        "CSRF_COOKIE_SECURE": secure,
        "CSRF_COOKIE_SAMESITE": "Lax",
        "SESSION_ENGINE": "django.contrib.sessions.backends.db",
        "SESSION_COOKIE_NAME": "baton",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SECURE": secure,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_EXPIRE_AT_BROWSER_CLOSE": True,
        "LANGUAGE_COOKIE_SECURE": secure,
        "LANGUAGE_COOKIE_SAMESITE": "Lax",
        "LANGUAGE_COOKIE_AGE": 31_536_000,
        "SECURE_SSL_REDIRECT": secure,
        "SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https") if secure else None,
        "ALLAUTH_TRUSTED_PROXY_COUNT": 1 if secure else 0,
        "SECURE_HSTS_SECONDS": 31_536_000 if secure else 0,
        "SECURE_HSTS_INCLUDE_SUBDOMAINS": secure,
        "SECURE_CONTENT_TYPE_NOSNIFF": True,
        "SECURE_REFERRER_POLICY": "same-origin",
        "X_FRAME_OPTIONS": "DENY",
        "DATA_UPLOAD_MAX_MEMORY_SIZE": 1_000_000,
        "FILE_UPLOAD_HANDLERS": ["django.core.files.uploadhandler.MemoryFileUploadHandler"],
        "FILE_UPLOAD_MAX_MEMORY_SIZE": MOST_BYTES,  # what somebody sends never lies in a folder of temporary files
        "DATA_UPLOAD_MAX_NUMBER_FIELDS": 7_000,  # two thousand patients change hands in one form, three fields each
        "DATA_UPLOAD_MAX_NUMBER_FILES": 2,
        "MESSAGE_STORAGE": "django.contrib.messages.storage.session.SessionStorage",
    }


def templates_table(rooms: Sequence[str]) -> dict[str, Any]:
    """Templates: a room's module `parts`, if it has one, is at hand in every template."""
    from importlib.util import find_spec

    parts = [f"{room}.parts" for room in rooms if find_spec(f"{room}.parts")]
    return {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["django.templatetags.i18n", "django.templatetags.static", *parts],
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.messages.context_processors.messages",
                "baton.web.context.page",
            ],
        },
    }


def django_settings(settings: Settings, dsn: str, rooms: Sequence[str]) -> dict[str, Any]:
    """Every setting of Django for a hub with these settings, whose entrances reach the database at `dsn`."""
    return {
        "DEBUG": False,
        "ROOMS": tuple(rooms),
        "ROOT_URLCONF": "baton.web.urls",
        "APPEND_SLASH": False,
        "INSTALLED_APPS": [
            "django.contrib.contenttypes",
            "django.contrib.auth",
            "django.contrib.sessions",
            "django.contrib.messages",
            "django.contrib.staticfiles",
            "django_htmx",
            # before allauth, so that our templates win
            "baton.web",
            *rooms,
            "allauth",
            "allauth.account",
            "allauth.mfa",
            "allauth.socialaccount",
            "allauth.socialaccount.providers.openid_connect",
            "allauth.usersessions",
        ],
        "MIDDLEWARE": MIDDLEWARE,
        "TEMPLATES": [templates_table(rooms)],
        "DATABASES": {"default": database_table(dsn)},
        "DEFAULT_AUTO_FIELD": "django.db.models.BigAutoField",
        "CACHES": {
            # in the database, so that every process counts the same failed sign-ins
            "default": {
                "BACKEND": "django.core.cache.backends.db.DatabaseCache",
                "LOCATION": "cache",
                "OPTIONS": {"MAX_ENTRIES": 20_000},
            }
        },
        "STATIC_URL": "/static/",
        "STORAGES": {
            "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
            "staticfiles": {"BACKEND": "baton.web.assets.HashedStorage"},
        },
        "USE_I18N": True,
        "USE_TZ": True,
        "TIME_ZONE": settings.time_zone,
        "LANGUAGE_CODE": settings.language,
        "LANGUAGES": LANGUAGES,
        "LOCALE_PATHS": [str(HERE / "locale")],
        "EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend",
        "LOGGING_CONFIG": "baton.web.logs.configure",
        **accounts_table(),
        **protection_table(settings),
        **sign_in_table(settings),
    }
