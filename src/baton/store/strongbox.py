"""Files nobody can read or alter without the secret: streams in encrypted chunks, each authenticated in its place, the last one marked.

AES-256-GCM in the STREAM construction: a chunk's nonce is the file's random prefix, the chunk's number and whether it is the last. Chunks
that were altered, moved, left out or cut off at the end do not open. The key comes from the secret and the file's salt by scrypt.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

MAGIC = b"BATONBX1"
CHUNK = 1 << 20
TAG = 16
_SALT, _PREFIX = 16, 7
HEADER = len(MAGIC) + _SALT + _PREFIX
LEAST = 16  # bytes of a secret


class BoxError(Exception):
    """The file cannot be opened; the message says why, in a sentence for the person at the terminal."""


def _cipher(secret: bytes, salt: bytes) -> AESGCM:
    if len(secret) < LEAST:
        raise BoxError(f"The secret of a backup has at least {LEAST} characters.")
    return AESGCM(Scrypt(salt=salt, length=32, n=1 << 16, r=8, p=1).derive(secret))


def _nonce(prefix: bytes, number: int, last: bool) -> bytes:
    return prefix + number.to_bytes(4, "big") + bytes([last])


class Writer:
    """Writes a box; without `close` it has no last chunk, and does not open."""

    def __init__(self, file: BinaryIO, secret: bytes) -> None:
        """Starts the box: the file is only ever written at its end."""
        self._file, self._number, self._waiting = file, 0, bytearray()
        salt, self._prefix = os.urandom(_SALT), os.urandom(_PREFIX)
        self._cipher = _cipher(secret, salt)
        self._header = MAGIC + salt + self._prefix
        file.write(self._header)

    def write(self, data: bytes) -> None:
        """More of the content."""
        self._waiting += data
        while len(self._waiting) > CHUNK:
            self._seal(bytes(self._waiting[:CHUNK]), last=False)
            del self._waiting[:CHUNK]

    def close(self) -> None:
        """That was all."""
        self._seal(bytes(self._waiting), last=True)

    def _seal(self, data: bytes, *, last: bool) -> None:
        self._file.write(self._cipher.encrypt(_nonce(self._prefix, self._number, last), data, self._header))
        self._number += 1


def read(file: BinaryIO, secret: bytes) -> Iterator[bytes]:
    """The content, chunk by chunk, each proved before it is given; whether all of it is there is known at the end. Raises BoxError."""
    header = file.read(HEADER)
    if len(header) < HEADER or not header.startswith(MAGIC):
        raise BoxError("This is no backup of Baton, or its beginning was altered.")
    cipher, prefix = _cipher(secret, header[len(MAGIC) : -_PREFIX]), header[-_PREFIX:]
    number, sealed = 0, file.read(CHUNK + TAG)
    while True:
        following = file.read(CHUNK + TAG)
        try:
            yield cipher.decrypt(_nonce(prefix, number, not following), sealed, header)
        except InvalidTag:
            raise BoxError(
                "The backup does not open: the secret is another one, or the file was altered or cut off."
                if number == 0
                else f"The backup is not whole: it was altered or cut off after {number} MiB."
            ) from None
        if not following:
            return
        number, sealed = number + 1, following
