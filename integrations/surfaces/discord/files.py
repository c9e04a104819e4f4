"""Files that people send in Discord, as bytes.

Decides which hosts are asked, how much is taken, and what a person is told when a file cannot be
had. Refuses to look into files. No token goes along: an address is all that it takes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import aiohttp

from integrations.contracts.surface import FileUnavailable

if TYPE_CHECKING:
    from integrations.contracts.incoming import IncomingFile

LARGEST: Final = 20_000_000
"""Bytes of a file."""
TIMEOUT_S: Final = 60.0
SILENCE_S: Final = 15.0

_HOSTS: Final = frozenset({"cdn.discordapp.com", "media.discordapp.net"})
_CHUNK: Final = 65_536
_TRIES: Final = 2
_OK: Final = 200
_GONE: Final = frozenset({403, 404, 410})
"""An address holds for a day; a deleted message's for less."""


class Files:
    """Fetches files.

    Args:
        api_url: where the API is; one that is not Discord's own keeps its files itself.
        largest: bytes of a file.
    """

    def __init__(self, api_url: str, *, largest: int = LARGEST) -> None:
        self._api = urlsplit(api_url)
        self._largest = largest

    async def fetch(self, file: IncomingFile) -> bytes:
        """Return what a file holds.

        Raises:
            FileUnavailable: if it cannot be had; the message is for the person.
        """
        if file.size > self._largest:
            raise FileUnavailable(self._too_large(file))
        if not self._trusted(file.ref):
            raise FileUnavailable(f"Discord keeps {file.name} where I must not fetch it.")
        waits = aiohttp.ClientTimeout(total=TIMEOUT_S, sock_read=SILENCE_S)
        async with aiohttp.ClientSession(timeout=waits) as session:
            for _ in range(_TRIES):
                try:
                    return await self._load(session, file)
                except (aiohttp.ClientError, TimeoutError, OSError):
                    continue
        raise FileUnavailable(f"Discord did not give me {file.name} in time: send it once more.")

    async def _load(self, session: aiohttp.ClientSession, file: IncomingFile) -> bytes:
        async with session.get(file.ref, allow_redirects=False) as answer:
            if answer.status in _GONE:
                raise FileUnavailable(
                    f"Discord does not give me {file.name} any more: send it once more."
                )
            if answer.status != _OK:
                raise aiohttp.ClientError(answer.status)
            received = bytearray()
            async for chunk in answer.content.iter_chunked(_CHUNK):
                received += chunk
                if len(received) > self._largest:
                    raise FileUnavailable(self._too_large(file))
        return bytes(received)

    def _trusted(self, url: str) -> bool:
        parts = urlsplit(url)
        if parts.scheme == "https" and parts.hostname in _HOSTS:
            return True
        own = (parts.scheme, parts.netloc) == (self._api.scheme, self._api.netloc)
        return own and self._api.hostname != "discord.com"

    def _too_large(self, file: IncomingFile) -> str:
        return (
            f"{file.name} is larger than the {self._largest // 1_000_000} MB that I read: "
            "send a smaller part of it."
        )
