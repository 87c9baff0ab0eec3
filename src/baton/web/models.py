"""Accounts and one-time links: the only tables of Django's that Baton adds to. What a person may do stands in the store, not here."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models


class AccountManager(BaseUserManager["Account"]):
    """Makes accounts."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> Account:
        """An account with this e-mail address; without a password nobody can sign in to it."""
        account = self.model(email=self.normalize_email(email).lower(), **fields)
        account.set_password(password)
        account.save(using=self._db)
        return account


class Account(AbstractBaseUser):
    """How a person signs in. `practitioner` is the id of their Practitioner: role and teams are read from the store by it.

    A guest (a patient, or somebody a patient lets in) has none: whose records they open stands in Guest and, each time anew, in the store.
    """

    email: models.EmailField[str, str] = models.EmailField(unique=True)
    practitioner: models.CharField[str, str] = models.CharField(max_length=64, blank=True)
    is_active: models.BooleanField[bool, bool] = models.BooleanField(default=True)
    since: models.DateTimeField[Any, Any] = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[AccountManager] = AccountManager()
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    def __str__(self) -> str:
        return f"account {self.pk}"

    @property
    def is_guest(self) -> bool:
        """Whether it is of somebody who does not work here."""
        return not self.practitioner

    @property
    def person(self) -> str:
        """Who it is in the store: "Practitioner/<id>", or whom a guest was first let in as; empty when nobody."""
        if self.practitioner:
            return f"Practitioner/{self.practitioner}"
        first = Guest.objects.filter(account=self).order_by("pk").first()
        return first.person if first else ""


class Invitation(models.Model):
    """A one-time link, of which only a digest is kept."""

    account: models.ForeignKey[Account, Account] = models.ForeignKey(Account, on_delete=models.CASCADE)
    digest: models.CharField[str, str] = models.CharField(max_length=64, unique=True)
    expires: models.DateTimeField[Any, Any] = models.DateTimeField()
    used: models.DateTimeField[Any, Any] = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"invitation {self.pk}"


class Guest(models.Model):
    """As whom a guest's account may come in: "Patient/<id>" or "RelatedPerson/<id>", each of one account alone."""

    account: models.ForeignKey[Account, Account] = models.ForeignKey(Account, on_delete=models.CASCADE)
    person: models.CharField[str, str] = models.CharField(max_length=80, unique=True)
    since: models.DateTimeField[Any, Any] = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"guest {self.pk}"


class WayIn(models.Model):
    """A one-time link to the portal: an invitation (with `person` and a code told by another way), or a sign-in. Digests only."""

    digest: models.CharField[str, str] = models.CharField(max_length=64, unique=True)
    email: models.EmailField[str, str] = models.EmailField()
    person: models.CharField[str, str] = models.CharField(max_length=80, blank=True)
    code: models.CharField[str, str] = models.CharField(max_length=64, blank=True)
    tries: models.IntegerField[int, int] = models.IntegerField(default=0)
    expires: models.DateTimeField[Any, Any] = models.DateTimeField()
    used: models.DateTimeField[Any, Any] = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"way in {self.pk}"
