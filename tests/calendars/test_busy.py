from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from integrations.calendars.apart import read_apart
from integrations.calendars.busy import MOST_BYTES, CalendarUnreadable, read
from tests.calendars.support import ics

BERLIN = ZoneInfo("Europe/Berlin")
SINCE = datetime(2026, 3, 23, tzinfo=UTC)
UNTIL = SINCE + timedelta(weeks=4)
WINDOWS = "W. Europe Standard Time"
LAST_DAYS = "RRULE:FREQ=MONTHLY;BYMONTHDAY=-1"


def busy(*events: str, owner: str = "ann@example.org") -> list[str]:
    """Return when somebody in Berlin is busy, on their own clock."""
    found = read(ics(*events), SINCE, UNTIL, BERLIN, owner)
    pairs = [[at.astimezone(BERLIN) for at in pair] for pair in found.times]
    return [f"{start:%d.%m. %H:%M}-{end:%H:%M}" for start, end in pairs]


@pytest.mark.parametrize(
    ("event", "first"),
    [
        ("DTSTART:20260324T100000|DTEND:20260324T110000", "24.03. 10:00-11:00"),
        ("DTSTART:20260324T100000Z|DURATION:PT90M", "24.03. 11:00-12:30"),
        ("DTSTART;TZID=America/New_York:20260324T100000|DURATION:PT1H", "24.03. 15:00-16:00"),
        (f"DTSTART;TZID={WINDOWS}:20260324T100000|DURATION:P1D", "24.03. 10:00-10:00"),
        ("DTSTART;VALUE=DATE:20260324|TRANSP:OPAQUE", "24.03. 00:00-00:00"),
        (f"DTSTART:20240229T100000Z|DURATION:P1D|{LAST_DAYS}", "31.03. 12:00-12:00"),
        ("DTSTART;TZID=Europe/Berlin:20260329T023000|DURATION:PT1H", "29.03. 03:30-04:30"),
    ],
)  # fmt: skip
def test_times_are_those_of_their_zone(event: str, first: str) -> None:
    assert busy(event) == [first]


@pytest.mark.parametrize(
    "event",
    [
        "DTSTART:20260324T100000Z|DURATION:PT1H|TRANSP:TRANSPARENT",
        "DTSTART:20260324T100000Z|DURATION:PT1H|STATUS:CANCELLED",
        "DTSTART:20260324T100000Z|DURATION:PT1H|X-MICROSOFT-CDO-BUSYSTATUS:FREE",
        "DTSTART:20260324T100000Z|DURATION:PT1H|ATTENDEE;PARTSTAT=DECLINED:mailto:Ann@example.org",
        "DTSTART;VALUE=DATE:20260324|DTEND;VALUE=DATE:20260325",
        "DTSTART:20260324T100000Z",
        "DTSTART:20250101T100000Z|DTEND:20270101T100000Z",
        "DTSTART:20200229T100000Z|DURATION:PT1H|RRULE:FREQ=YEARLY",
    ],
)
def test_what_does_not_take_somebodys_time_is_free(event: str) -> None:
    assert busy(event) == []


def test_what_repeats_is_followed_through_the_weeks_and_over_the_change_of_clocks() -> None:
    rule = "DTSTART;TZID=Europe/Berlin:20200106T090000|DURATION:PT15M|RRULE:FREQ=WEEKLY"
    other = "EXDATE;TZID=Europe/Berlin:20260330T090000"
    moved = (
        "RECURRENCE-ID;TZID=Europe/Berlin:20260406T090000|DTSTART:20260407T100000Z|DURATION:PT1H"
    )
    found = busy(f"UID:a|{rule}|{other}", f"UID:a|{moved}")
    assert found == ["23.03. 09:00-09:15", "07.04. 12:00-13:00", "13.04. 09:00-09:15"]
    assert len(busy("DTSTART:20000101T100000Z|DURATION:PT1H|RRULE:FREQ=DAILY")) == 28


def test_who_else_declined_does_not_matter() -> None:
    guests = "ATTENDEE;PARTSTAT={}:mailto:ann@example.org|ATTENDEE;PARTSTAT={}:mailto:b@example.org"
    event = f"DTSTART:20260324T100000Z|DURATION:PT1H|{guests}"
    assert busy(event.format("DECLINED", "ACCEPTED")) == []
    assert len(busy(event.format("ACCEPTED", "DECLINED"))) == 1
    assert len(busy(event.format("DECLINED", "ACCEPTED"), owner="")) == 1  # nobody knows who asks
    assert busy(event.format("DECLINED", "DECLINED"), owner="") == []


def test_two_at_once_are_one_stretch_and_two_in_a_row_are_two() -> None:
    first = "DTSTART:20260324T100000Z|DURATION:PT1H"
    assert busy(first, "DTSTART:20260324T103000Z|DURATION:PT1H") == ["24.03. 11:00-12:30"]
    assert len(busy(first, "DTSTART:20260324T110000Z|DURATION:PT1H")) == 2


def test_an_event_that_cannot_be_read_is_left_out_and_counted() -> None:
    good = "DTSTART:20260324T100000Z|DURATION:PT1H"
    endless = "DTSTART:19700101T000000Z|DURATION:PT1S|RRULE:FREQ=SECONDLY"
    found = read(ics("DTSTART:soon", good, endless, "NONSENSE"), SINCE, UNTIL, BERLIN)
    assert (len(found.times), found.events) == (1, 4)
    assert found.skipped >= 2
    with pytest.raises(CalendarUnreadable, match="None of its events"):
        read(ics("DTSTART:soon"), SINCE, UNTIL, BERLIN)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html>Sign in</html>",
        b"\xff\x00\x01",
        ics(ends=False),
        b"BEGIN:VEVENT\r\nUID:1\r\nEND:VEVENT\r\n",
        b"x" * (MOST_BYTES + 1),
    ],
)
def test_what_is_no_calendar_is_said_to_be_none(data: bytes) -> None:
    with pytest.raises(CalendarUnreadable, match=r"no calendar|larger"):
        read(data, SINCE, UNTIL, BERLIN)
    assert read(ics(), SINCE, UNTIL, BERLIN).times == ()


async def test_a_process_reads_it_and_is_stopped_when_it_takes_too_long() -> None:
    good = ics("DTSTART:20260324T100000Z|DURATION:PT1H")
    found = await read_apart(good, SINCE, UNTIL, BERLIN)
    assert found == read(good, SINCE, UNTIL, BERLIN)
    with pytest.raises(CalendarUnreadable, match="no calendar"):
        await read_apart(b"hello", SINCE, UNTIL, BERLIN)
    never = "DTSTART:19700101T000000Z|DURATION:PT1S|RRULE:FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30"
    with pytest.raises(CalendarUnreadable, match="too long"):
        await read_apart(ics(never), SINCE, UNTIL, BERLIN, limit_s=1)
