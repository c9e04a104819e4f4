"""Requests to the outside that go where they may, and bring back no more than they may.

Decides which address a request is sent to: one that was checked, not a name that may stand for
another a moment later. Refuses to follow anybody elsewhere.
"""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING

import httpx2

from integrations.contracts.tools import ToolFailure

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

    Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
    Public = Callable[[str], bool]

_HTTPS = 443
_HTTP = 80


async def resolve(host: str, port: int) -> Sequence[str]:
    """Return the addresses that a host name stands for, best first."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class Guarded(httpx2.AsyncBaseTransport):
    """Sends requests to addresses that were checked, and counts what comes back.

    Args:
        public: tells whether anybody on the internet could ask an address.
        allowed: tells whether a host may be asked at all.
        private: tells whether a host may be inside a private network.
        most_bytes: how long a response may be; streams that stay open are not counted.
        resolve: turns a host name into addresses.
    """

    def __init__(
        self,
        public: Public,
        allowed: Callable[[httpx2.URL], bool],
        private: Callable[[httpx2.URL], bool],
        most_bytes: int,
        resolve: Resolve = resolve,
    ) -> None:
        self._inner = httpx2.AsyncHTTPTransport()
        self._public = public
        self._allowed = allowed
        self._private = private
        self._most_bytes = most_bytes
        self._resolve = resolve
        self.ended = False
        """Whether it is closed."""
        self.failure: ToolFailure | None = None
        """Why a response was given up."""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request to the first of the host's addresses that answers.

        Raises:
            ToolFailure: if it may not be sent there.
        """
        url = request.url
        addresses = await self._checked(url)
        for index, address in enumerate(addresses):
            pinned = httpx2.Request(
                request.method,
                url.copy_with(host=address),
                headers=_plain(request.headers),  # with the name, as Host
                stream=request.stream,
                # The certificate is checked against the name, not the address.
                extensions={**request.extensions, "sni_hostname": url.host},
            )
            try:
                response = await self._inner.handle_async_request(pinned)
            except httpx2.ConnectError:
                if index == len(addresses) - 1:
                    raise
                continue
            if response.headers.get("content-encoding", "identity").lower() != "identity":
                await response.aclose()
                raise ToolFailure(
                    "broken", f"{url.host} packs what it sends, although it was asked not to."
                )
            return self._counted(request, response)
        raise ToolFailure("unavailable", f"{url.host} has no address: check the spelling.")

    async def aclose(self) -> None:
        """Close the connections."""
        self.ended = True
        await self._inner.aclose()

    async def _checked(self, url: httpx2.URL) -> Sequence[str]:
        if url.scheme not in {"http", "https"} or not url.host:
            raise ToolFailure("invalid", "A web address starts with http:// or https://.")
        if not self._allowed(url):
            raise ToolFailure(
                "not_allowed", f"{url.host} is not among the hosts that may be asked here."
            )
        try:
            port = url.port or (_HTTPS if url.scheme == "https" else _HTTP)
            addresses = await self._resolve(url.host, port)
        except (OSError, UnicodeError):
            raise ToolFailure(
                "unavailable", f"{url.host} cannot be found: check the spelling and the network."
            ) from None
        if not self._private(url) and not all(map(self._public, addresses)):
            raise ToolFailure(
                "not_allowed",
                f"{url.host} is inside a private network; only who runs Mynah can allow that.",
            )
        return addresses

    def _counted(self, request: httpx2.Request, response: httpx2.Response) -> httpx2.Response:
        # What is opened by GET in MCP stays open as long as the session; its events are bounded.
        lasting = request.method == "GET" and response.headers.get("content-type", "").startswith(
            "text/event-stream"
        )
        if not lasting and isinstance(response.stream, httpx2.AsyncByteStream):
            response.stream = _Counted(response.stream, self._most_bytes, self._flooded(request))
        return response

    def _flooded(self, request: httpx2.Request) -> Callable[[], ToolFailure]:
        def flooded() -> ToolFailure:
            self.failure = ToolFailure(
                "too_large",
                f"{request.url.host} sent more than {self._most_bytes:,} bytes: ask for less.",
            )
            return self.failure

        return flooded


def _plain(given: httpx2.Headers) -> httpx2.Headers:
    """Return headers that ask for nothing packed: a few bytes may unpack to more than there is."""
    headers = given.copy()
    headers["Accept-Encoding"] = "identity"
    return headers


class _Counted(httpx2.AsyncByteStream):
    """A stream that ends with a failure when there is too much of it."""

    def __init__(
        self, inner: httpx2.AsyncByteStream, most: int, flooded: Callable[[], ToolFailure]
    ) -> None:
        self._inner = inner
        self._most = most
        self._flooded = flooded

    async def __aiter__(self) -> AsyncIterator[bytes]:
        received = 0
        async for chunk in self._inner:
            received += len(chunk)
            if received > self._most:
                raise self._flooded()
            yield chunk

    async def aclose(self) -> None:
        await self._inner.aclose()
