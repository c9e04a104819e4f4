"""Column types: encrypted text and JSON, audiences, and pgvector's types.

The key travels on the dialect of the engine, not in a global, so that two
stores in one process can have two keyrings.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import LargeBinary, Text
from sqlalchemy.types import TypeDecorator

from learning.scope import Audience

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect

    from learning.store.cipher import Cipher

CIPHER_ATTRIBUTE = "mynah_cipher"


def _cipher(dialect: Dialect) -> Cipher:
    cipher: Cipher = getattr(dialect, CIPHER_ATTRIBUTE)
    return cipher


class EncryptedText(TypeDecorator[str]):
    """Text that is ciphertext in the table."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        """Encrypt."""
        return None if value is None else _cipher(dialect).encrypt(value.encode())

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        """Decrypt."""
        return None if value is None else _cipher(dialect).decrypt(bytes(value)).decode()


class EncryptedJSON(TypeDecorator[Any]):
    """A JSON value that is ciphertext in the table."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> bytes | None:  # noqa: ANN401 - JSON
        """Encrypt."""
        if value is None:
            return None
        return _cipher(dialect).encrypt(json.dumps(value, ensure_ascii=False, default=str).encode())

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> Any:  # noqa: ANN401 - JSON
        """Decrypt."""
        return None if value is None else json.loads(_cipher(dialect).decrypt(bytes(value)))


class AudienceType(TypeDecorator[Audience]):
    """An audience, stored as ``workspace``, ``channel:ID`` or ``user:ID``."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Audience | None, dialect: Dialect) -> str | None:
        """Write."""
        del dialect
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Audience | None:
        """Read."""
        del dialect
        return None if value is None else Audience.parse(value)
