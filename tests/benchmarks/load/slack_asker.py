"""Sends events at a steady rate, as a process: signed, each on its own time, late or not.

An event is sent when its time has come, whether or not those before it were answered. One that
is not taken within three seconds is sent again, as Slack does.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import aiohttp

from tests.standins.slack_delivery import AGENT, signature

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_ACK_WITHIN_S: Final = 3.0
_ATTEMPTS: Final = 3


async def main(events: Sequence[Mapping[str, str]], url: str, secret: str, rate: float) -> None:
    """Send events; print when each was sent and taken.

    Those of one message are sent together, as Slack does it.
    """
    connector = aiohttp.TCPConnector(limit=0)
    timeout = aiohttp.ClientTimeout(total=_ACK_WITHIN_S)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
        began = time.monotonic() + 0.1
        tasks = []
        due = began
        for number, event in enumerate(events):
            if number and event["thread"] != events[number - 1]["thread"]:
                due = began + number / rate
            if (wait := due - time.monotonic()) > 0:
                await asyncio.sleep(wait)
            tasks.append(asyncio.create_task(_send(session, url, secret, event, due)))
        done = await asyncio.gather(*tasks)
    sys.stdout.write(json.dumps({"events": done}) + "\n")


async def _send(
    session: aiohttp.ClientSession, url: str, secret: str, event: Mapping[str, str], due: float
) -> dict[str, Any]:
    body, sent = event["body"], time.monotonic()
    took, attempt, taken = 0.0, 0, False
    while not taken and attempt < _ATTEMPTS:
        again = {"X-Slack-Retry-Num": str(attempt)} if attempt else {}
        begun = time.monotonic()
        taken = await _once(session, url, secret, body, again)
        took = time.monotonic() - begun
        attempt += 1
    return {
        "thread": event["thread"],
        "sent": sent,
        "late": sent - due,
        "took": took,
        "attempts": attempt,
        "taken": taken,
    }


async def _once(
    session: aiohttp.ClientSession, url: str, secret: str, body: str, more: dict[str, str]
) -> bool:
    stamp = str(int(time.time()))
    headers = {
        "Content-Type": "application/json",
        "User-Agent": AGENT,
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": signature(secret, stamp, body),
        **more,
    }
    try:
        async with session.post(url, data=body.encode(), headers=headers) as response:
            await response.read()
            return response.ok
    except (TimeoutError, aiohttp.ClientError):
        return False


if __name__ == "__main__":
    lines = Path(sys.argv[1]).read_text("utf-8").splitlines()
    events = [json.loads(line) for line in lines]
    asyncio.run(main(events, sys.argv[2], sys.argv[3], float(sys.argv[4])))
