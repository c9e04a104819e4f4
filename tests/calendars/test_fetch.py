from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.habits.calendars import guarded
from integrations.calendars.fetch import CalendarUnreachable, address_of, fetch, host_of
from integrations.tools.guard import Guarded
from tests.calendars.support import SECRET, ics, open_site

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.calendars.support import Site

HERE = "127.0.0.1"


def open_guard() -> Guarded:
    """Let this machine be asked, and nothing else of the private network."""
    return Guarded(lambda _: False, lambda _: True, lambda url: url.host == HERE, 10_000_000)


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with open_site() as it:
        yield it


async def test_a_calendar_comes_once_and_is_asked_for_again_by_its_tag(site: Site) -> None:
    site.data = ics()
    first = await fetch(site.url, open_guard)
    assert first.data == ics()
    again = await fetch(site.url, open_guard, first.tag)
    assert (again.data, again.tag) == (None, first.tag)
    site.data = ics("DTSTART:20260324T100000Z|DURATION:PT1H")
    assert (await fetch(site.url, open_guard, first.tag)).data == site.data


@pytest.mark.parametrize(("status", "says"), [(404, "shared"), (503, "try again later")])
async def test_an_answer_that_is_none_says_what_to_do_without_the_address(
    site: Site, status: int, says: str
) -> None:
    site.status = status
    with pytest.raises(CalendarUnreachable, match=says) as told:
        await fetch(site.url, open_guard)
    assert SECRET not in str(told.value)


async def test_a_private_network_is_never_reached_not_even_by_being_sent_there(site: Site) -> None:
    with pytest.raises(CalendarUnreachable, match="private network") as told:
        await fetch(site.url, guarded)
    assert SECRET not in str(told.value)
    site.location = f"http://127.0.0.2:{site.server.port}/{SECRET}"
    with pytest.raises(CalendarUnreachable, match="private network"):
        await fetch(site.url, open_guard)
    site.location = site.url
    with pytest.raises(CalendarUnreachable, match="one place to the next"):
        await fetch(site.url, open_guard)


async def test_a_flood_and_a_dead_host_are_told(site: Site) -> None:
    site.data = b"x" * 10_000_001
    with pytest.raises(CalendarUnreachable, match=r"larger|more than"):
        await fetch(site.url, open_guard)
    url = site.url
    await site.server.close()
    with pytest.raises(CalendarUnreachable, match="cannot be reached"):
        await fetch(url, open_guard)


@pytest.mark.parametrize("said", ["", "file:///etc/passwd", "ftp://x.org/a.ics", "a calendar"])
def test_what_is_no_address_is_refused(said: str) -> None:
    with pytest.raises(CalendarUnreachable, match="no web address"):
        address_of(said)


def test_an_address_as_platforms_write_it_is_understood() -> None:
    assert address_of("<webcal://cal.example.org/a.ics|my calendar>") == (
        "https://cal.example.org/a.ics"
    )
    assert host_of("https://ann:pw@cal.example.org/secret") == "cal.example.org"
