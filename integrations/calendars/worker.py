"""The process in which calendars are read: one on standard input, what is busy on standard output.

A calendar comes from anywhere, and a rule of a few letters can take hours to follow; this process
may take neither long nor much, and is stopped from outside when it does.
"""

from __future__ import annotations

import json
import signal
import sys
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from integrations.calendars.busy import CalendarUnreadable, read

MEMORY_BYTES: Final = 1_500_000_000
ALARM_S: Final = 60
"""Longest calendar, in seconds, should nobody be left to stop it."""


def main() -> None:
    """Read what is asked in the first line and the calendar behind it, and answer."""
    _limit()
    asked = json.loads(sys.stdin.buffer.readline())
    since, until = (datetime.fromisoformat(asked[name]) for name in ("since", "until"))
    try:
        busy = read(sys.stdin.buffer.read(), since, until, ZoneInfo(asked["zone"]), asked["owner"])
    except CalendarUnreadable as error:
        reply: dict[str, object] = {"unreadable": str(error)}
    except MemoryError:
        reply = {"unreadable": "Reading the calendar takes more memory than it may."}
    else:
        reply = {
            "times": [[int(at.timestamp()) for at in pair] for pair in busy.times],
            "events": busy.events,
            "skipped": busy.skipped,
        }
    print(json.dumps(reply), flush=True)  # noqa: T201 - the protocol


def _limit() -> None:
    if hasattr(signal, "alarm"):
        signal.alarm(ALARM_S)
    try:
        import resource  # noqa: PLC0415 - not on every platform
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


if __name__ == "__main__":
    main()
