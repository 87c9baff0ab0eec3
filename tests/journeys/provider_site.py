"""The addresses and the claims of the OpenID provider of the tests; imported by its process alone, once Django stands."""

from __future__ import annotations

from typing import Any

from allauth.idp.oidc.adapter import DefaultOIDCAdapter
from django.contrib.auth.models import User
from django.urls import include, path
from tests.journeys.provider import PEOPLE

urlpatterns = [path("accounts/", include("allauth.account.urls")), path("", include("allauth.idp.urls"))]


class Adapter(DefaultOIDCAdapter):
    """Says in the token how somebody proved who they are."""

    def populate_id_token(self, id_token: dict[str, Any], client: Any, scopes: Any, **more: Any) -> None:
        """Adds `amr` (RFC 8176)."""
        id_token["amr"] = PEOPLE[User.objects.get(pk=id_token["sub"]).username][2]
