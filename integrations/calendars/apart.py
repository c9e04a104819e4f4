"""Reads a calendar in a process of its own, which is stopped when it takes too long.

Decides how long that is. Refuses to let a calendar from anywhere hold up those who talk to Mynah.
"""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from integrations.calendars.busy import MOST_BYTES, Busy, CalendarUnreadable

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

READ_S: Final = 20.0
_WORKER: Final = "integrations.calendars.worker"


async def read_apart(
    data: bytes,
    since: datetime,
    until: datetime,
    zone: ZoneInfo,
    owner: str = "",
    *,
    limit_s: float = READ_S,
) -> Busy:
    """Return when somebody is busy, as ``busy.read`` does.

    Raises:
        CalendarUnreadable: if it is no calendar, or takes too long.
    """
    if len(data) > MOST_BYTES:
        raise CalendarUnreadable(
            f"The calendar is larger than {MOST_BYTES // 1_000_000} MB: share one with fewer "
            "years in it."
        )
    asked = {
        "since": since.isoformat(),
        "until": until.isoformat(),
        "zone": zone.key,
        "owner": owner,
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", _WORKER),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=_environment(),
    )
    try:
        async with asyncio.timeout(limit_s):
            said, _ = await process.communicate(json.dumps(asked).encode() + b"\n" + data)
    except TimeoutError:
        raise CalendarUnreadable(
            "Reading the calendar takes too long: something in it repeats without end. Share "
            "one with fewer years in it."
        ) from None
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await asyncio.shield(process.wait())
    return _busy(said)


def _busy(said: bytes) -> Busy:
    try:
        reply = json.loads(said)
    except ValueError:  # it was stopped
        raise CalendarUnreadable(
            "Reading the calendar takes more than it may: share one with fewer years in it."
        ) from None
    if "unreadable" in reply:
        raise CalendarUnreadable(str(reply["unreadable"]))
    times = tuple(
        (datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC))
        for start, end in reply["times"]
    )
    return Busy(times, int(reply["events"]), int(reply["skipped"]))


def _environment() -> dict[str, str]:
    """Return the least a Python needs: the process has no business with our keys."""
    root = str(Path(__file__).resolve().parents[2])
    # The packages stand beside each other, installed or not.
    return {"PYTHONPATH": root, "PYTHONIOENCODING": "utf-8"}
