"""Asks a service for songs: asks, looks now and then, fetches.

Decides when to look again, and when to give up. Refuses to send the token anywhere but to the
service.
"""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import httpx

from integrations.contracts.tools import ToolFailure
from integrations.tools.faults import failure, of_status, of_words, wait_of
from integrations.tools.music.settings import fields, found
from learning.actions.contract import Phase

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from uuid import UUID

    from integrations.tools.music.settings import MusicSettings

WHO: Final = "The music service"
FIRST_PAUSE_S: Final = 2.0
LONGEST_PAUSE_S: Final = 15.0
GROWS: Final = 1.5
PATIENCE: Final = 4
"""Looks in a row that may fail while a song is made; it is made all the same."""
MOST_BYTES: Final = 2 * 1024 * 1024
"""Of an answer; a song's data is a few thousand."""
MOST_REASON: Final = 300
_SERVER_ERROR, _CLOSED = 500, 503
_PASSING: Final = frozenset({"unavailable", "timeout", "rate_limited"})


@dataclass(frozen=True, slots=True)
class Song:
    """A song, as far as it is.

    Attributes:
        status: as the service calls it, in lower case.
        link: where it can be heard; empty while it cannot.
        seconds: how long it is.
    """

    id: str
    status: str
    link: str = ""
    title: str = ""
    seconds: float | None = None
    picture: str = ""
    reason: str = ""


class Music:
    """One service that makes songs.

    Args:
        settings: where it is and how it speaks.
        sleep: waits.
        monotonic: seconds since some time, which never go back.
    """

    def __init__(
        self,
        settings: MusicSettings,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._shape = settings.shape
        self._sleep = sleep
        self._monotonic = monotonic
        self._http: httpx.AsyncClient | None = None

    async def close(self) -> None:
        """Close the connections."""
        if self._http is not None:
            await self._http.aclose()
            self._http = None

    async def make(
        self, wanted: Mapping[str, Any], action_id: UUID, within_s: float
    ) -> tuple[Song, tuple[Phase, ...]]:
        """Have a song made, and wait for it.

        Args:
            wanted: what is said of it, by our names.
            action_id: the same one is never made twice, where the service can tell.
            within_s: how long to wait.

        Raises:
            ToolFailure: if none was made, or not in time.
        """
        begun = self._monotonic()
        ends = begun + min(within_s, self._settings.most_s)
        headers = {self._shape.key: str(action_id)} if self._shape.key else {}
        sent = fields(self._shape, wanted)
        answer = await self._ask("POST", self._shape.create, json=sent, headers=headers)
        song_id = str(found(answer, self._shape.created) or "")
        if not song_id:
            raise _odd()
        waited = _Waited(begun)
        song = await self._wait(song_id, ends, waited)
        if song.link.startswith(f"{self._settings.url.rstrip('/')}/"):
            await self._listen(song.link, waited)
        waited.at("fetch", self._monotonic())
        return song, waited.phases()

    async def get(self, song_id: str) -> Song:
        """Look how far a song is.

        Raises:
            ToolFailure: if that cannot be told.
        """
        shape = self._shape
        answer = await self._ask("GET", shape.get.format(id=quote(song_id, safe="")))
        status = found(answer, shape.status)
        if not isinstance(status, str):
            if isinstance(answer, list) and not answer:
                raise failure("not_found", WHO)
            raise _odd()
        link = str(found(answer, shape.audio) or "")
        return Song(
            song_id,
            status.lower(),
            link if link.startswith(("https://", "http://")) else "",
            " ".join(str(found(answer, shape.title) or "").split())[:200],
            _seconds(found(answer, shape.duration)),
            str(found(answer, shape.picture) or ""),
            " ".join(str(found(answer, shape.reason) or "").split())[:MOST_REASON],
        )

    async def _wait(self, song_id: str, ends: float, waited: _Waited) -> Song:
        pause, failures = FIRST_PAUSE_S, 0
        while True:
            wait = pause
            try:
                song = await self.get(song_id)
                failures = 0
                queued = song.status in self._shape.queued
                waited.at("queue" if queued else "render", self._monotonic())
                if song.status in self._shape.failed:
                    raise _refused(song, waited.phases())
                if song.status in self._shape.done and song.link:
                    return song
            except ToolFailure as failed:
                failures += 1
                if failed.kind not in _PASSING or failed.phases:
                    raise
                if failures > PATIENCE:
                    raise _still(song_id, failed.said, waited.phases()) from None
                wait = max(pause, failed.retry_after_s or 0.0)
            if self._monotonic() + wait > ends:
                raise _still(song_id, "", waited.phases())
            await self._sleep(wait)
            pause = min(pause * GROWS, LONGEST_PAUSE_S)

    async def _listen(self, link: str, waited: _Waited) -> None:
        """See that there is sound where the service says so; its first bytes tell."""
        try:
            async with self._client().stream(
                "GET", link, headers={**self._token(), "Range": "bytes=0-1023"}
            ) as response:
                kind = response.headers.get("content-type", "")
                heard = response.is_success and kind.startswith(
                    ("audio/", "video/", "application/octet-stream")
                )
        except (httpx.HTTPError, httpx.InvalidURL):
            heard = False
        waited.at("fetch", self._monotonic())
        if not heard:
            raise ToolFailure(
                "broken",
                "The song was made, but it cannot be heard where the service says: "
                "ask for it again later.",
                phases=waited.phases(),
            )

    def _client(self) -> httpx.AsyncClient:
        if self._http is None:
            self._http = httpx.AsyncClient(timeout=self._settings.timeout_s)
        return self._http

    def _token(self) -> dict[str, str]:
        token = self._settings.token
        return {} if token is None else {"Authorization": f"Bearer {token.get_secret_value()}"}

    async def _ask(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **parts: object
    ) -> Any:  # noqa: ANN401 - JSON
        """Ask the service; read its answer no further than allowed."""
        url = self._settings.url.rstrip("/") + path
        sent = {"Accept": "application/json", **self._token(), **(headers or {})}
        raw = bytearray()
        try:
            async with self._client().stream(method, url, headers=sent, **parts) as response:  # type: ignore[arg-type]
                async for chunk in response.aiter_bytes(65_536):
                    raw += chunk
                    if len(raw) > MOST_BYTES:
                        raise failure("too_large", WHO)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
            raise failure("unavailable", WHO) from None
        except (httpx.HTTPError, httpx.InvalidURL):
            raise failure("timeout", WHO) from None
        try:
            answer = json.loads(bytes(raw))
        except ValueError:
            answer = None
        if not response.is_success:
            raise _failed(method, response, answer)
        if not isinstance(answer, dict | list):
            raise _odd()
        return answer


class _Waited:
    """Where the time went."""

    def __init__(self, begun: float) -> None:
        self._last = begun
        self._spent: dict[str, float] = {}

    def at(self, name: str, now: float) -> None:
        """Count the time since the last look to a part."""
        self._spent[name] = self._spent.get(name, 0.0) + now - self._last
        self._last = now

    def phases(self) -> tuple[Phase, ...]:
        return tuple(
            Phase(name, seconds * 1000, waiting=name != "fetch")
            for name, seconds in self._spent.items()
        )


def _failed(method: str, response: httpx.Response, answer: object) -> ToolFailure:
    status = response.status_code
    kind = of_status(status)
    if method == "POST" and status >= _SERVER_ERROR and status != _CLOSED:
        kind = "timeout"  # it may have begun
    said = "" if answer is None else json.dumps(answer, ensure_ascii=False)
    return failure(kind, WHO, said, status=status, retry_after_s=wait_of(response.headers))


def _refused(song: Song, phases: tuple[Phase, ...]) -> ToolFailure:
    """The service tried and made nothing: its reason tells what to change."""
    kind = of_words(song.reason, "reads")
    why = song.reason or "the service does not say why"
    return ToolFailure(kind, f"The song was not made: {why}", song.reason, phases=phases)


def _still(song_id: str, said: str, phases: tuple[Phase, ...]) -> ToolFailure:
    return ToolFailure(
        "timeout",
        f"The song {song_id[:80]} is not done yet: look for it later with music.get.",
        said or f"still being made: {song_id[:80]}",
        phases=phases,
    )


def _odd() -> ToolFailure:
    return ToolFailure(
        "broken",
        "What came back is not what a music service answers: see that its address and the "
        "names of its fields are right.",
    )


def _seconds(value: object) -> float | None:
    try:
        return float(str(value))
    except ValueError:
        return None
