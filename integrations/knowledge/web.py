"""Reads one page from the web.

Decides which addresses may be asked: by default none inside a private network,
whatever a name resolves to and wherever a redirect leads. Refuses to run
scripts, to sign in, and to follow links on the page.
"""

from __future__ import annotations

import asyncio
import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING

import httpx

from integrations.contracts.knowledge import Document, Skipped, SkipReason
from integrations.knowledge.formats import Format, by_media_type, by_name, declined
from integrations.knowledge.read import largest, parse, too_large, unsupported

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from integrations.knowledge.limits import Limits

    Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

_NAT64 = IPv6Network("64:ff9b::/96")
_TEXTUAL = (
    *("text/", "application/json", "application/xml", "application/yaml", "application/toml"),
    *("application/javascript", "application/x-", "application/sql", "application/octet-stream"),
)
_MEDIA = {"image": "an image", "audio": "sound", "video": "a video", "font": "a font"}
_HINTS: dict[int, str] = {
    httpx.codes.UNAUTHORIZED: "it wants a sign-in; save the page as a file and ingest that",
    httpx.codes.FORBIDDEN: "it wants a sign-in; save the page as a file and ingest that",
    httpx.codes.NOT_FOUND: "check the address",
    httpx.codes.GONE: "the page is gone; look for its new address",
    httpx.codes.TOO_MANY_REQUESTS: "it has had too many requests; try again later",
}


class _Refused(Exception):  # noqa: N818 - it names what happened
    """A URL cannot be read; the message is the rest of a sentence about it."""

    def __init__(self, message: str, reason: SkipReason = "unreadable") -> None:
        super().__init__(message)
        self.reason: SkipReason = reason


async def resolve(host: str, port: int) -> Sequence[str]:
    """Return the addresses a host name stands for, best first."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


async def fetch(
    url: str,
    client: httpx.AsyncClient,
    limits: Limits,
    *,
    allow_private: bool = False,
    resolve: Resolve = resolve,
) -> Document | Skipped:
    """Read a page, or say in one sentence why not.

    The request goes to an address that was checked, not to a name that may
    resolve to another one a moment later. Give a client without cookies,
    credentials and proxies.

    Args:
        url: an http or https URL. It names the document, without its fragment.
        client: sends the requests.
        limits: bounds of size, time and redirects.
        allow_private: whether loopback, private and link-local addresses may be asked.
        resolve: turns a host name into addresses.
    """
    shown = url.split("#", 1)[0][:500]
    try:
        async with asyncio.timeout(limits.fetch_seconds):
            data, known, charset = await _Hops(client, limits, allow_private, resolve).follow(url)
    except _Refused as refused:
        return Skipped(shown, refused.reason, f"{shown} {refused}")
    except TimeoutError:
        return Skipped(
            shown,
            "unreadable",
            f"{shown} took longer than {limits.fetch_seconds:g} s: try again later",
        )
    except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError) as error:
        return Skipped(
            shown,
            "unreadable",
            f"{shown} could not be fetched ({type(error).__name__}): "
            "check the address and the connection",
        )
    return await asyncio.to_thread(parse, shown, data, limits, known, charset)


class _Hops:
    """The requests for one URL."""

    def __init__(
        self, client: httpx.AsyncClient, limits: Limits, allow_private: bool, resolve: Resolve
    ) -> None:
        self._client = client
        self._limits = limits
        self._allow_private = allow_private
        self._resolve = resolve

    async def follow(self, url: str) -> tuple[bytes, Format | None, str | None]:
        current = httpx.URL(url)
        for _ in range(self._limits.redirects + 1):
            response = await self._send(current)
            try:
                target = response.headers.get("location")
                if response.is_redirect and target:
                    current = current.join(target)
                    continue
                return await self._content(current, response)
            finally:
                await response.aclose()
        raise _Refused(
            f"redirects more than {self._limits.redirects} times: give the address it ends at"
        )

    async def _send(self, url: httpx.URL) -> httpx.Response:
        """Ask the first address that answers."""
        if url.scheme not in {"http", "https"} or not url.host:
            raise _Refused("is no web address: it must start with http:// or https://")
        if url.userinfo:
            raise _Refused("holds a user name or password: leave them out")
        addresses = await self._addresses(url)
        for index, address in enumerate(addresses):
            request = self._client.build_request(
                "GET",
                url.copy_with(host=address, fragment=None),
                headers={"Host": url.netloc.decode("ascii"), "Accept-Encoding": "identity"},
                extensions={
                    # The certificate is checked against the name, not the address.
                    "sni_hostname": url.host,
                    "timeout": httpx.Timeout(self._limits.fetch_seconds).as_dict(),
                },
            )
            try:
                return await self._client.send(request, stream=True, follow_redirects=False)
            except httpx.ConnectError:
                if index == len(addresses) - 1:
                    raise
        raise _Refused("has no address: check the spelling")

    async def _addresses(self, url: httpx.URL) -> Sequence[str]:
        port = url.port or (443 if url.scheme == "https" else 80)
        try:
            addresses = await self._resolve(url.host, port)
        except OSError:
            raise _Refused(
                f"is at {url.host}, which cannot be found: check the spelling and the connection"
            ) from None
        if not self._allow_private and not all(is_public(address) for address in addresses):
            raise _Refused(
                f"is at {url.host}, inside a private network, which web pages must not reach: "
                "save the page as a file and ingest that"
            )
        return addresses

    async def _content(
        self, url: httpx.URL, response: httpx.Response
    ) -> tuple[bytes, Format | None, str | None]:
        if not response.is_success:
            status = response.status_code
            hint = _HINTS.get(status, "try again later")
            raise _Refused(f"answered {status} {response.reason_phrase}".rstrip() + f": {hint}")
        known = _format(url, response.headers.get("content-type", ""))
        bound = largest(known, self._limits)
        received = bytearray()
        async for chunk in response.aiter_bytes(65_536):
            received += chunk
            if len(received) > bound:
                raise _Refused(too_large("", bound).strip(), "too_large")
        return bytes(received), known, response.charset_encoding


def _format(url: httpx.URL, content_type: str) -> Format | None:
    """Return the format; code hosts send every file as plain text, so its name counts too.

    Raises:
        _Refused: if there is no reader for it.
    """
    media_type = content_type.partition(";")[0].strip().lower()
    known = by_media_type(media_type)
    if known is not None:
        return known
    what = _MEDIA.get(media_type.partition("/")[0]) or declined(url.path)
    if what is None and media_type and not media_type.startswith(_TEXTUAL):
        textual = media_type.endswith(("+json", "+xml"))
        what = None if textual else f"of the type {media_type[:100]}"
    if what is not None:
        raise _Refused(unsupported("", what).strip(), "unsupported")
    return by_name(url.path)


def is_public(address: str) -> bool:
    """Tell whether an IP address is one that anybody on the internet could ask."""
    try:
        ip: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is None and ip in _NAT64:
            inner = IPv4Address(int(ip) & 0xFFFF_FFFF)
        if inner is not None:
            return is_public(str(inner))
    return ip.is_global and not ip.is_multicast and not ip.is_reserved
