"""What the server says of itself: /.well-known/smart-configuration and openid-configuration, and the CapabilityStatement's security."""

from __future__ import annotations

from typing import Any

from baton.fhir.scope import CONTEXT
from baton.smart.client import ALGORITHMS, BASIC, NONE, POSTED, SIGNED
from baton.smart.request import AUTHORIZE, INTROSPECT, JWKS, MOUNT, REVOKE, TOKEN

CAPABILITIES = (
    "launch-ehr",
    "launch-standalone",
    "client-public",
    "client-confidential-symmetric",
    "client-confidential-asymmetric",
    "sso-openid-connect",
    "context-banner",
    "context-ehr-patient",
    "context-standalone-patient",
    "permission-offline",
    "permission-online",
    "permission-patient",
    "permission-user",
    "permission-v1",
    "permission-v2",
)
_SCOPES = (
    *CONTEXT,
    "patient/*.cruds",
    "user/*.cruds",
    "system/*.cruds",
    "patient/*.read",
    "user/*.read",
    "patient/*.write",
    "user/*.write",
)
_OAUTH_URIS = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris"
_SERVICE = "http://terminology.hl7.org/CodeSystem/restful-security-service"


def smart(origin: str) -> dict[str, Any]:
    """The answer at [base]/.well-known/smart-configuration."""
    return {
        "issuer": origin + MOUNT,
        "jwks_uri": origin + JWKS,
        "authorization_endpoint": origin + AUTHORIZE,
        "token_endpoint": origin + TOKEN,
        "introspection_endpoint": origin + INTROSPECT,
        "revocation_endpoint": origin + REVOKE,
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
        "response_types_supported": ["code"],
        "scopes_supported": list(_SCOPES),
        "token_endpoint_auth_methods_supported": [BASIC, POSTED, SIGNED, NONE],
        "token_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS),
        "code_challenge_methods_supported": ["S256"],
        "capabilities": list(CAPABILITIES),
    }


def openid(origin: str) -> dict[str, Any]:
    """The answer at [issuer]/.well-known/openid-configuration."""
    said = smart(origin)
    del said["capabilities"]
    return {
        **said,
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256", "ES256"],
        "claims_supported": ["iss", "aud", "sub", "iat", "exp", "auth_time", "nonce", "at_hash", "fhirUser", "name"],
    }


def security(base: str) -> dict[str, Any]:
    """What CapabilityStatement.rest.security adds for SMART: `base` is the FHIR base."""
    origin = base.removesuffix(MOUNT)
    addresses = {"authorize": AUTHORIZE, "token": TOKEN, "introspect": INTROSPECT, "revoke": REVOKE}
    return {
        "extension": [{"url": _OAUTH_URIS, "extension": [{"url": name, "valueUri": origin + path} for name, path in addresses.items()]}],
        "service": [{"coding": [{"system": _SERVICE, "code": "SMART-on-FHIR"}], "text": "SMART App Launch 2.2"}],
    }
