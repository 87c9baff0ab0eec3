"""An OpenID provider of its own process: allauth's, on SQLite, with a few people.

`python -m tests.journeys.provider PORT REDIRECT_URI` says "ready" and serves until it is told to stop."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

CLIENT, SECRET, PASSWORD = "baton", "a secret between the two", "provider password"
PEOPLE = {
    # who signs in there: their e-mail address, whether it is verified, what the provider says it asked for
    "carla": ("carla@example.org", True, ["pwd"]),
    "sue": ("Sue@Example.org", True, ["pwd", "otp", "mfa"]),
    "stranger": ("stranger@example.org", True, ["pwd"]),
    "impostor": ("sam@example.org", False, ["pwd"]),
}


def configure(folder: Path) -> None:
    """Stand a Django up that is nothing but the provider."""
    import django
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa
    from django.conf import settings

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    apps = ["contenttypes", "auth", "sessions", "messages"]
    middleware = [
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        "allauth.account.middleware.AccountMiddleware",
    ]
    processors = ["django.template.context_processors.request", "django.contrib.messages.context_processors.messages"]
    settings.configure(
        DEBUG=False,
        SECRET_KEY="for this test alone",
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF="tests.journeys.provider_site",
        SESSION_COOKIE_NAME="provider",
        CSRF_COOKIE_NAME="provider-csrf",
        INSTALLED_APPS=[*(f"django.contrib.{app}" for app in apps), "allauth", "allauth.account", "allauth.idp.oidc"],
        MIDDLEWARE=middleware,
        TEMPLATES=[
            {"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True, "OPTIONS": {"context_processors": processors}}
        ],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(folder / "provider.sqlite3")}},
        AUTHENTICATION_BACKENDS=["allauth.account.auth_backends.AuthenticationBackend"],
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        ACCOUNT_EMAIL_VERIFICATION="none",
        EMAIL_BACKEND="django.core.mail.backends.dummy.EmailBackend",
        LOGIN_URL="/accounts/login/",
        IDP_OIDC_PRIVATE_KEY=key.decode(),
        IDP_OIDC_ADAPTER="tests.journeys.provider_site.Adapter",
        USE_TZ=True,
    )
    django.setup()


def people(redirect_uri: str) -> None:
    """Tables, people, and the hub as a client."""
    from allauth.account.models import EmailAddress
    from allauth.idp.oidc.models import Client
    from django.contrib.auth.models import User
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    for name, (email, verified, _) in PEOPLE.items():
        user = User.objects.create_user(name, email, PASSWORD)
        EmailAddress.objects.create(user=user, email=email, verified=verified, primary=True)
    client = Client(id=CLIENT, name="Baton", scopes="openid\nprofile\nemail", redirect_uris=redirect_uri, skip_consent=True)
    client.set_secret(SECRET)
    client.save()


class Quiet(WSGIRequestHandler):
    """Says nothing."""

    def log_message(self, format: str, *arguments: Any) -> None:
        pass


def main() -> None:
    """Until told to stop."""
    port, redirect_uri = int(sys.argv[1]), sys.argv[2]
    with tempfile.TemporaryDirectory() as folder:
        configure(Path(folder))
        people(redirect_uri)
        from django.core.handlers.wsgi import WSGIHandler

        with make_server("127.0.0.1", port, WSGIHandler(), handler_class=Quiet) as server:
            print("ready", flush=True)
            server.serve_forever()


if __name__ == "__main__":
    main()
