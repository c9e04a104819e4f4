"""As whom GitHub is asked: a token that stays, or those of an App, which last an hour.

Decides when to get a new one. Refuses to keep any anywhere but in memory.
"""

from __future__ import annotations

import asyncio
import json
from base64 import urlsafe_b64encode
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from integrations.contracts.tools import ToolFailure

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from integrations.tools.github.settings import GitHubSettings

    Exchange = Callable[[str, str], Awaitable[Mapping[str, Any]]]
    """Post to a path with a bearer token; return what is answered."""

EARLY_S: Final = 300.0
"""A token is renewed this long before it ends, so that none ends on its way."""
SKEW_S: Final = 60
"""GitHub refuses what was signed in its future; clocks differ."""
SIGNED_FOR_S: Final = 540
"""GitHub takes ten minutes at most."""

_NOT_CONNECTED: Final = "GitHub is not connected: an admin sets a token or an App for it."
_BAD_KEY: Final = "The private key of the GitHub App cannot be read: give its PEM file as it is."


class Tokens:
    """Hands out the token to ask with."""

    def __init__(self, settings: GitHubSettings, clock: Callable[[], float]) -> None:
        self._settings = settings
        self._clock = clock
        self._lock = asyncio.Lock()
        self._value = ""
        self._ends = 0.0

    @property
    def renewable(self) -> bool:
        """Whether another one can be had if this one is refused."""
        return self._settings.is_app

    def refused(self, value: str) -> None:
        """Remember that a token is not taken any more."""
        if value == self._value:
            self._value = ""

    async def get(self, exchange: Exchange) -> str:
        """Return a token.

        Raises:
            ToolFailure: if there is none to be had.
        """
        if self._settings.token is not None:
            return self._settings.token.get_secret_value()
        if not self._settings.is_app:
            raise ToolFailure("denied", _NOT_CONNECTED)
        async with self._lock:
            if not self._value or self._clock() >= self._ends - EARLY_S:
                path = f"/app/installations/{self._settings.installation_id}/access_tokens"
                answer = await exchange(path, self._signed())
                self._value = str(answer.get("token", ""))
                self._ends = _moment(str(answer.get("expires_at", ""))) or self._clock() + 3600
            return self._value

    def _signed(self) -> str:
        """Say that we are the App, signed with its key (RFC 7519, RS256)."""
        now = int(self._clock())
        claims = {"iat": now - SKEW_S, "exp": now + SIGNED_FOR_S, "iss": self._settings.app_id}
        said = f"{_part({'alg': 'RS256', 'typ': 'JWT'})}.{_part(claims)}"
        key = self._settings.private_key
        try:
            loaded = load_pem_private_key(key.get_secret_value().encode() if key else b"", None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise ToolFailure("denied", _BAD_KEY) from None
        if not isinstance(loaded, RSAPrivateKey):
            raise ToolFailure("denied", _BAD_KEY)
        return f"{said}.{_base64(loaded.sign(said.encode(), PKCS1v15(), SHA256()))}"


def _part(value: Mapping[str, Any]) -> str:
    return _base64(json.dumps(value, separators=(",", ":")).encode())


def _base64(value: bytes) -> str:
    return urlsafe_b64encode(value).rstrip(b"=").decode()


def _moment(text: str) -> float:
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return 0.0
    return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()
