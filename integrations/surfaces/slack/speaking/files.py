"""Files that people send in Slack, as bytes.

Decides which hosts may see our token, how much is taken, and what a person is told when a file
cannot be had. Refuses to look into files, and to believe what Slack says they are.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin, urlsplit

import aiohttp

from integrations.contracts.surface import DeliveryFailure, FileUnavailable
from integrations.surfaces.slack.reading.payload import Payload, part, string
from integrations.surfaces.slack.speaking.failures import SlackRefusal

if TYPE_CHECKING:
    from slack_sdk.web.async_client import AsyncWebClient
    from slack_sdk.web.async_slack_response import AsyncSlackResponse

    from integrations.contracts.incoming import IncomingFile
    from integrations.surfaces.slack.speaking.posting import Line

LARGEST: Final = 20_000_000
"""Bytes of a file."""
TIMEOUT_S: Final = 60.0
SILENCE_S: Final = 15.0
SCOPE: Final = (
    "Slack does not let me read {name}: an admin has to add the scope files:read to the app and "
    "install it again."
)

_HOSTS: Final = frozenset({"files.slack.com", "files.slack-gov.com"})
_CHUNK: Final = 65_536
_HOPS: Final = 3
_TRIES: Final = 2
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_OK: Final = 200
_REFUSED: Final = frozenset({401, 403})
_GONE: Final = frozenset({404, 410})
_REASONS: Final = {
    "missing_scope": SCOPE,
    "no_permission": SCOPE,
    "not_allowed_token_type": SCOPE,
    "file_not_found": "{name} is not there any more, or I cannot see it.",
    "file_deleted": "{name} was deleted.",
}


class Files:
    """Fetches files.

    Args:
        api_url: where the Web API is; one that is not Slack's own keeps its files itself.
        largest: bytes of a file.
    """

    def __init__(self, api_url: str, *, largest: int = LARGEST) -> None:
        self._api = urlsplit(api_url)
        self._largest = largest

    async def fetch(self, line: Line, file: IncomingFile) -> bytes:
        """Return what a file holds.

        Raises:
            FileUnavailable: if it cannot be had; the message is for the person.
        """
        if file.size > self._largest:
            raise FileUnavailable(self._too_large(file))
        found, client = await _described(line, file)
        if found.get("is_external") is True or string(found, "mode") == "external":
            raise FileUnavailable(f"{file.name} is kept outside Slack, where I cannot fetch it.")
        url = string(found, "url_private_download") or string(found, "url_private")
        html = string(found, "mimetype") == "text/html"
        for left in reversed(range(_TRIES)):
            try:
                async with asyncio.timeout(TIMEOUT_S):
                    return await self._load(client, url, file, expects_html=html)
            except (aiohttp.ClientError, TimeoutError, OSError):
                if not left:
                    raise FileUnavailable(
                        f"Slack did not give me {file.name} in time: send it once more."
                    ) from None
        raise FileUnavailable(f"Slack did not give me {file.name}.")

    async def _load(
        self, client: AsyncWebClient, url: str, file: IncomingFile, *, expects_html: bool
    ) -> bytes:
        session = client.session
        if session is None:
            raise FileUnavailable(f"I was stopped before I could fetch {file.name}.")
        for _ in range(_HOPS):
            if not self._trusted(url):
                raise FileUnavailable(f"Slack keeps {file.name} where I must not fetch it.")
            async with session.get(
                url,
                headers={"Authorization": f"Bearer {client.token}"},
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=None, sock_read=SILENCE_S),
            ) as answer:
                if answer.status in _REDIRECTS:
                    url = urljoin(url, answer.headers.get("Location", ""))
                    if urlsplit(url).hostname not in _HOSTS and not self._own(url):
                        # Whoever may not read a file is led to a page to sign in.
                        raise FileUnavailable(SCOPE.format(name=file.name))
                    continue
                return await self._body(answer, file, expects_html=expects_html)
        raise FileUnavailable(f"Slack led me round in circles for {file.name}.")

    async def _body(
        self, answer: aiohttp.ClientResponse, file: IncomingFile, *, expects_html: bool
    ) -> bytes:
        if answer.status in _REFUSED:
            raise FileUnavailable(SCOPE.format(name=file.name))
        if answer.status in _GONE:
            raise FileUnavailable(_REASONS["file_not_found"].format(name=file.name))
        if answer.status != _OK:
            raise aiohttp.ClientError(answer.status)
        html = answer.content_type == "text/html"
        if html and not expects_html:
            raise FileUnavailable(SCOPE.format(name=file.name))
        received = bytearray()
        async for chunk in answer.content.iter_chunked(_CHUNK):
            received += chunk
            if len(received) > self._largest:
                raise FileUnavailable(self._too_large(file))
        if html and file.size and len(received) != file.size:
            raise FileUnavailable(SCOPE.format(name=file.name))  # another page than the one sent
        return bytes(received)

    def _trusted(self, url: str) -> bool:
        parts = urlsplit(url)
        return self._own(url) or (parts.scheme == "https" and parts.hostname in _HOSTS)

    def _own(self, url: str) -> bool:
        """Tell whether a file is where the Web API is, if that is not at Slack's."""
        parts = urlsplit(url)
        return (parts.scheme, parts.netloc) == (self._api.scheme, self._api.netloc) and not (
            self._api.hostname or ""
        ).endswith("slack.com")

    def _too_large(self, file: IncomingFile) -> str:
        return (
            f"{file.name} is larger than the {self._largest // 1_000_000} MB that I read: "
            "send a smaller part of it."
        )


async def _described(line: Line, file: IncomingFile) -> tuple[Payload, AsyncWebClient]:
    """Return what Slack says of a file, and the client that may read it.

    A message need not tell: of files from other organisations it holds the id alone.
    """
    used: list[AsyncWebClient] = []

    async def ask(client: AsyncWebClient) -> AsyncSlackResponse:
        used.append(client)
        return await client.files_info(file=file.ref)

    try:
        answer = await line.send("files.info", "", ask)
    except SlackRefusal as refusal:
        reason = _REASONS.get(refusal.code, "Slack does not give me {name} ({code}).")
        raise FileUnavailable(reason.format(name=file.name, code=refusal.code)) from None
    except DeliveryFailure:
        raise FileUnavailable(
            f"Slack did not tell me where {file.name} is: send it once more."
        ) from None
    found = answer.data if isinstance(answer.data, dict) else {}
    return part(found, "file"), used[-1]
