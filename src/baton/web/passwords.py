"""What a password may not be, besides Django's own rules: a well-known one in disguise."""

from __future__ import annotations

import re
from typing import Any

from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _


class NotMadeOfCommonOnes:
    """Refuses a breached password repeated, or dressed up with digits and signs to reach the length ("password2026!!")."""

    def __init__(self) -> None:
        self._known: set[str] = {each for each in CommonPasswordValidator().passwords if len(each) >= 4}

    def validate(self, password: str, user: Any = None) -> None:
        """Raises ValidationError."""
        letters = re.sub(r"[^a-z]+", " ", password.lower()).split()
        whole = password.lower()
        repeated = re.fullmatch(r"(.{1,8}?)\1+.{0,2}", whole)
        if repeated or (len(letters) == 1 and letters[0] in self._known) or not letters:
            raise ValidationError(self.get_help_text(), code="password_too_common")

    def get_help_text(self) -> str:
        """In words."""
        return _("This is a well-known password with something added, or one repeated. A few words that do not belong together are better.")
