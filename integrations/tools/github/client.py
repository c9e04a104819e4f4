"""Asks GitHub's REST API.

Over httpx and without an SDK: the ones there are hide what learning needs (the errors of a 422,
the limits in the headers, the ETag), and none of them reads an answer no further than allowed.

Decides what to keep of earlier answers, when to try a read again, when not to ask at all because
GitHub said so. Refuses to repeat a write.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import OrderedDict
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import httpx

from integrations.contracts.tools import ToolFailure
from integrations.tools.github.failures import failure, limited, lost, said_in
from integrations.tools.github.tokens import Tokens

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping

    from integrations.tools.github.settings import GitHubSettings

VERSION: Final = "2022-11-28"
JSON: Final = "application/vnd.github+json"
MOST_BYTES: Final = 10 * 1024 * 1024
"""Of one answer that is read as JSON."""
MOST_KEPT: Final = 256
MOST_KEPT_BYTES: Final = 256 * 1024
A_PAGE: Final = 100
MOST_PAGES: Final = 5
AGAIN_S: Final = 0.5
"""Pause before a read is tried once more."""

_NOT_MODIFIED, _NO_CONTENT, _UNAUTHORIZED, _SERVER_ERROR = 304, 204, 401, 500


@dataclass(frozen=True, slots=True)
class Page:
    """Some of a list; ``more`` says that there is more of it."""

    items: tuple[Mapping[str, Any], ...]
    more: bool


@dataclass(frozen=True, slots=True)
class _Kept:
    etag: str
    body: Any
    more: bool


class GitHub:
    """One GitHub, asked as one identity.

    Args:
        settings: where it is and as whom it is asked.
        sleep: waits.
        clock: seconds since 1970.
        monotonic: seconds since some time, which never go back.
    """

    def __init__(
        self,
        settings: GitHubSettings,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.sleep = sleep
        self.monotonic = monotonic
        self._settings = settings
        self._clock = clock
        self._tokens = Tokens(settings, clock)
        self._http: httpx.AsyncClient | None = None
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._quiet: dict[str, float] = {}

    async def close(self) -> None:
        """Close the connections."""
        if self._http is not None:
            await self._http.aclose()
            self._http = None

    async def get(self, path: str, accept: str = JSON, **params: object) -> Any:  # noqa: ANN401 - JSON
        """Return what stands at a path.

        Raises:
            ToolFailure: if it cannot be had.
        """
        return (await self._read(path, accept, params)).body

    async def page(self, path: str, limit: int, *, under: str = "", **params: object) -> Page:
        """Return at most so many of a list, over as many pages as that takes, and no more.

        Args:
            path: where the list is.
            limit: how many.
            under: the field of the answer that holds the list, if it is not the answer itself.
            params: of the query.
        """
        items: list[Mapping[str, Any]] = []
        size, number, more = min(max(limit, 1), A_PAGE), 0, True
        while more and len(items) < limit and number < MOST_PAGES:
            number += 1
            read = await self._read(path, JSON, {**params, "per_page": size, "page": number})
            found = read.body.get(under) if under and isinstance(read.body, dict) else read.body
            if not isinstance(found, list):
                raise _odd(path)
            items += [each for each in found if isinstance(each, dict)]
            more = read.more
        return Page(tuple(items[:limit]), more or len(items) > limit)

    async def send(self, method: str, path: str, **body: object) -> Any:  # noqa: ANN401 - JSON
        """Change something, once; what is None is not sent.

        Raises:
            ToolFailure: if it was not done, or nobody can tell.
        """
        content = json.dumps({key: value for key, value in body.items() if value is not None})
        async with self._answer(method, path, JSON, content=content) as response:
            return await self._json(method, path, response)

    async def once(
        self,
        look: Callable[[], Awaitable[Mapping[str, Any] | None]],
        create: Callable[[], Awaitable[Any]],
    ) -> tuple[Mapping[str, Any], bool]:
        """Create what is not there yet; return it, and whether it was there.

        GitHub has no keys against doing a thing twice. So what we make carries a mark, which is
        looked for before it is made, and when nobody can tell whether it was.
        """
        try:
            found = await look()
        except ToolFailure as failed:
            if failed.kind == "timeout":  # of a look, which changed nothing
                raise ToolFailure("unavailable", failed.message, failed.said) from None
            raise
        if found is not None:
            return found, True
        try:
            return await create(), False
        except ToolFailure as failed:
            if failed.kind not in {"timeout", "broken"}:
                raise
            try:
                found = await look()
            except ToolFailure:
                found = None
            if found is None:
                raise
            return found, True

    async def text(self, path: str, limit: int, accept: str = JSON, *, end: bool = False) -> str:
        """Return the beginning, or the end, of a text."""
        kept = bytearray()
        async with self._answer("GET", path, accept) as response:
            if not response.is_success:
                await self._json("GET", path, response)
            async for chunk in self._chunks("GET", path, response):
                kept += chunk
                if len(kept) > limit and not end:
                    break
                if len(kept) > 4 * limit:
                    del kept[:-limit]
        shown = kept[-limit:] if end else kept[:limit]
        return bytes(shown).decode(errors="replace")

    @asynccontextmanager
    async def stream(self, path: str) -> AsyncGenerator[AsyncGenerator[bytes]]:
        """Open what stands at a path, for reading it piece by piece."""
        async with self._answer("GET", path, JSON) as response:
            if not response.is_success:
                await self._json("GET", path, response)
            yield self._chunks("GET", path, response)

    async def _read(self, path: str, accept: str, params: Mapping[str, object]) -> _Kept:
        """Ask, if need be twice; what did not change comes from before and costs no limit."""
        asked = {key: str(value) for key, value in params.items() if value not in {None, ""}}
        key = f"{accept} {path}?{httpx.QueryParams(asked)}"
        kept = self._kept.get(key)
        for last in (False, True):
            try:
                return await self._read_once(key, path, accept, asked, kept)
            except ToolFailure as failed:
                if last or failed.kind != "unavailable":
                    raise
            await self.sleep(AGAIN_S)
        raise AssertionError  # the loop has no other end

    async def _read_once(
        self, key: str, path: str, accept: str, asked: Mapping[str, str], kept: _Kept | None
    ) -> _Kept:
        headers = {"If-None-Match": kept.etag} if kept else {}
        async with self._answer("GET", path, accept, params=asked, headers=headers) as response:
            if kept is not None and response.status_code == _NOT_MODIFIED:
                self._kept.move_to_end(key)
                return kept
            body = await self._json("GET", path, response)
            read = _Kept(response.headers.get("etag", ""), body, "next" in response.links)
            if read.etag and response.num_bytes_downloaded <= MOST_KEPT_BYTES:
                self._kept[key] = read
                while len(self._kept) > MOST_KEPT:
                    self._kept.popitem(last=False)
            return read

    @asynccontextmanager
    async def _answer(
        self,
        method: str,
        path: str,
        accept: str,
        *,
        token: str = "",
        **parts: Any,  # noqa: ANN401 - httpx's
    ) -> AsyncGenerator[httpx.Response]:
        self._check_quiet(path)
        own = token
        for last in (False, True):
            token = own or await self._tokens.get(self._exchange)
            response = await self._ask(method, path, accept, token, parts)
            try:
                again = not last and not own and self._tokens.renewable
                if response.status_code == _UNAUTHORIZED and again:
                    self._tokens.refused(token)
                    continue
                yield response
                return
            finally:
                await response.aclose()

    async def _ask(
        self, method: str, path: str, accept: str, token: str, parts: Mapping[str, Any]
    ) -> httpx.Response:
        if self._http is None:
            self._http = httpx.AsyncClient(timeout=self._settings.timeout_s, max_redirects=5)
        headers = {
            "Accept": accept,
            "Authorization": f"Bearer {token}",
            "X-GitHub-Api-Version": VERSION,
            "User-Agent": "mynah",
            **parts.get("headers", {}),
        }
        url = self._settings.api_url.rstrip("/") + path
        rest = {key: value for key, value in parts.items() if key != "headers"}
        request = self._http.build_request(method, url, headers=headers, **rest)
        try:
            # httpx takes the token off where a redirect leads to another host. A redirected
            # write would become a read.
            return await self._http.send(request, stream=True, follow_redirects=method == "GET")
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
            raise lost(method, about(path), sent=False) from None
        except (httpx.HTTPError, httpx.InvalidURL):
            raise lost(method, about(path), sent=True) from None

    async def _chunks(
        self, method: str, path: str, response: httpx.Response
    ) -> AsyncGenerator[bytes]:
        try:
            async for chunk in response.aiter_bytes(65_536):
                yield chunk
        except httpx.HTTPError:
            raise lost(method, about(path), sent=True) from None

    async def _json(self, method: str, path: str, response: httpx.Response) -> Any:  # noqa: ANN401 - JSON
        """Read an answer, no further than allowed.

        Raises:
            ToolFailure: if it is not what was asked for.
        """
        raw = bytearray()
        async for chunk in self._chunks(method, path, response):
            raw += chunk
            if len(raw) > MOST_BYTES:
                raise ToolFailure(
                    "too_large",
                    f"What GitHub has of {about(path)} is too large: ask for less of it.",
                )
        body = _parsed(bytes(raw))
        if not response.is_success:
            wait = limited(response, said_in(body), self._clock())
            if wait is not None:
                self._quiet[_resource(path)] = self._clock() + wait
            app = path.startswith("/app/")
            raise failure(method, about(path), response, body, self._clock(), app=app)
        if body is None and response.status_code != _NO_CONTENT:
            raise _odd(path)
        return {} if body is None else body

    async def _exchange(self, path: str, token: str) -> Mapping[str, Any]:
        async with self._answer("POST", path, JSON, token=token) as response:
            body = await self._json("POST", path, response)
        if not isinstance(body, dict) or not body.get("token"):
            raise _odd(path)
        return body

    def _check_quiet(self, path: str) -> None:
        """Who goes on asking after being told to wait is shut out for longer."""
        left = self._quiet.get(_resource(path), 0.0) - self._clock()
        if left > 0:
            raise ToolFailure(
                "rate_limited",
                f"GitHub takes no more requests for {max(1, round(left))} seconds: wait so long.",
                retry_after_s=left,
            )


def about(path: str) -> str:
    """Return what a path is about, for a sentence: "acme/api issues 5"."""
    parts = path.partition("?")[0].strip("/").split("/")
    if parts[0] == "repos" and len(parts) > 2:  # noqa: PLR2004 - repos, owner, name
        return " ".join(["/".join(parts[1:3]), *parts[3:]])
    return " ".join(parts)


def _resource(path: str) -> str:
    """Return which of GitHub's limits a path counts against."""
    if path.startswith("/search/code"):
        return "code_search"
    return "search" if path.startswith("/search/") else "core"


def _parsed(raw: bytes) -> Any:  # noqa: ANN401 - JSON
    try:
        return json.loads(raw)
    except ValueError:
        return None


def _odd(path: str) -> ToolFailure:
    return ToolFailure(
        "broken",
        f"What came back about {about(path)} is not what GitHub answers: "
        "see that its address is right and nothing stands between.",
    )
