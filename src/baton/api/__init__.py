"""The FHIR R4 REST interface at `/fhir/R4`: a plain WSGI application, bearer tokens only, one module per interaction."""

from baton.api.wsgi import application

__all__ = ["application"]
