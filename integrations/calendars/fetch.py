"""Fetches a calendar from its address.

Decides what is asked and what an answer means. The address is a secret: whoever has it reads the
calendar. So nothing that is said or logged of it holds more than its host.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import httpx2

from integrations.calendars.busy import MOST_BYTES
from integrations.contracts.tools import ToolFailure

if TYPE_CHECKING:
    from collections.abc import Callable

FETCH_S: Final = 15.0
_REDIRECTS: Final = 5
_LONGEST: Final = 2_000
_GONE: Final = (401, 403, 404, 410)
_SCHEMES: Final = {"webcal": "https", "webcals": "https", "https": "https", "http": "http"}


class CalendarUnreachable(Exception):  # noqa: N818 - it is the calendar that is unreachable
    """A calendar could not be had; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came back.

    Attributes:
        data: the calendar; nothing if it is as it was.
        tag: what names this state of it, to ask with the next time.
    """

    data: bytes | None = field(repr=False)
    tag: str = ""


def address_of(said: str) -> str:
    """Return an address as it is asked for.

    Raises:
        CalendarUnreachable: if it is none.
    """
    said = said.strip().strip("<>").split("|")[0]
    try:
        url = httpx2.URL(said)
    except httpx2.InvalidURL:
        url = httpx2.URL()
    scheme = _SCHEMES.get(url.scheme)
    if scheme is None or not url.host or len(said) > _LONGEST:
        raise CalendarUnreachable(
            "That is no web address: it must start with https:// or webcal://."
        )
    return str(url.copy_with(scheme=scheme, fragment=None))


def host_of(address: str) -> str:
    """Return all of an address that may be shown."""
    return httpx2.URL(address).host


async def fetch(
    address: str,
    transport: Callable[[], httpx2.AsyncBaseTransport],
    tag: str = "",
    *,
    limit_s: float = FETCH_S,
) -> Fetched:
    """Return a calendar as it is now.

    Args:
        address: as ``address_of`` returns it.
        transport: sends requests where they may go, a fresh one each time.
        tag: of the state that is known already.
        limit_s: how long it may take in all.

    Raises:
        CalendarUnreachable: if it cannot be had.
    """
    host = host_of(address)
    headers = {"Accept": "text/calendar, */*;q=0.5", "Accept-Encoding": "identity"}
    if tag:
        headers["If-None-Match"] = tag
    try:
        async with (
            asyncio.timeout(limit_s),
            httpx2.AsyncClient(
                transport=transport(),
                timeout=limit_s,
                follow_redirects=True,
                max_redirects=_REDIRECTS,
                trust_env=False,
            ) as client,
            client.stream("GET", address, headers=headers) as response,
        ):
            return await _taken(response, host)
    except ToolFailure as failure:
        raise CalendarUnreachable(str(failure)) from None
    except httpx2.TooManyRedirects:
        raise CalendarUnreachable(f"{host} sends me from one place to the next.") from None
    except (TimeoutError, httpx2.TimeoutException):
        raise CalendarUnreachable(f"{host} takes too long to answer. Try again later.") from None
    except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError, OSError, UnicodeError):
        raise CalendarUnreachable(
            f"{host} cannot be reached. Check the address, or try again later."
        ) from None


async def _taken(response: httpx2.Response, host: str) -> Fetched:
    status = response.status_code
    tag = response.headers.get("etag", "")[:_LONGEST]
    if status == httpx2.codes.NOT_MODIFIED:
        return Fetched(None, tag)
    if not response.is_success:
        hint = "check the address, and that it is shared" if status in _GONE else "try again later"
        raise CalendarUnreachable(f"{host} answered {status}: {hint}.")
    received = bytearray()
    async for chunk in response.aiter_bytes(65_536):
        received += chunk
        if len(received) > MOST_BYTES:
            raise CalendarUnreachable(
                f"The calendar is larger than {MOST_BYTES // 1_000_000} MB: share one with fewer "
                "years in it."
            )
    return Fetched(bytes(received), tag)
