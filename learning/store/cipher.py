"""Encryption at rest, and the keys for it.

Decides how text becomes ciphertext and where the embedded store's key lives.
Refuses to know what the text means.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Self

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from learning.store.errors import StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class Cipher:
    """Encrypts with the first key, decrypts with any of them.

    Args:
        keys: Fernet keys (32 bytes, url-safe base64), newest first. Rotating
            means putting a new key in front; an old one must stay for as long
            as anything sealed with it does.

    Raises:
        StoreUnavailable: if there is no key, or one is malformed.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        if not keys:
            raise StoreUnavailable(
                "no encryption key is set: put one into MYNAH_ENCRYPTION_KEYS "
                "(`mynah doctor --new-key` prints a fresh one) and keep a copy in a safe place"
            )
        try:
            self._fernet = MultiFernet([Fernet(key) for key in keys])
        except ValueError as error:
            raise StoreUnavailable(
                "a key in MYNAH_ENCRYPTION_KEYS is malformed: each is 44 characters of "
                "url-safe base64, separated by commas (`mynah doctor --new-key` prints one)"
            ) from error

    def __repr__(self) -> str:
        return "Cipher(…)"

    @classmethod
    def from_key_file(cls, path: Path) -> Self:
        """Read the key file, or make it (mode 0600) when it is missing.

        Raises:
            StoreUnavailable: if the file cannot be read or written.
        """
        try:
            try:
                handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            except FileExistsError:
                path.chmod(0o600)
            else:
                with os.fdopen(handle, "wb") as file:
                    file.write(Fernet.generate_key() + b"\n")
                    file.flush()
                    os.fsync(file.fileno())
            return cls(path.read_text("ascii").split())
        except (OSError, UnicodeDecodeError) as error:
            raise StoreUnavailable(
                f"the key file {path} cannot be used ({error}): make it readable, or restore it "
                "from a backup; without it the store's texts stay sealed"
            ) from error

    @staticmethod
    def new_key() -> str:
        """Return a fresh key."""
        return Fernet.generate_key().decode()

    def encrypt(self, plain: bytes) -> bytes:
        """Return the ciphertext."""
        return self._fernet.encrypt(plain)

    def decrypt(self, token: bytes) -> bytes:
        """Return the plain bytes.

        Raises:
            StoreUnavailable: if no key opens the token.
        """
        try:
            return self._fernet.decrypt(token)
        except InvalidToken as error:
            raise StoreUnavailable(
                "none of the encryption keys opens this store: use the MYNAH_ENCRYPTION_KEYS "
                "(or the key file) it was made with"
            ) from error

    def rotate(self, token: bytes) -> bytes:
        """Return the token re-encrypted with the first key."""
        return self._fernet.rotate(token)
