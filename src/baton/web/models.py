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
    """How a person signs in. `practitioner` is the id of their Practitioner: role and teams are read from the store by it."""

    email: models.EmailField[str, str] = models.EmailField(unique=True)
    practitioner: models.CharField[str, str] = models.CharField(max_length=64)
    is_active: models.BooleanField[bool, bool] = models.BooleanField(default=True)
    since: models.DateTimeField[Any, Any] = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[AccountManager] = AccountManager()
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    def __str__(self) -> str:
        return f"account {self.pk}"


class Invitation(models.Model):
    """A one-time link, of which only a digest is kept."""

    account: models.ForeignKey[Account, Account] = models.ForeignKey(Account, on_delete=models.CASCADE)
    digest: models.CharField[str, str] = models.CharField(max_length=64, unique=True)
    expires: models.DateTimeField[Any, Any] = models.DateTimeField()
    used: models.DateTimeField[Any, Any] = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"invitation {self.pk}"
