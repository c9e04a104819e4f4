"""What is done when something fails, and what is never done: order, attempts, addresses."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from integrations.contracts.incoming import IncomingFile
from integrations.contracts.surface import FileUnavailable
from integrations.surfaces.discord.files import Files
from integrations.surfaces.discord.hearing.lanes import Lanes

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


class Work:
    """Notes what was done; some of it fails at first."""

    def __init__(self, **failures: int) -> None:
        self.left = failures
        self.done: list[str] = []

    def of(self, name: str) -> Callable[[], Awaitable[None]]:
        async def work() -> None:
            if self.left.get(name, 0):
                self.left[name] -= 1
                raise ConnectionError
            self.done.append(name)

        return work


async def test_what_fails_is_tried_again_before_what_came_after_it() -> None:
    lanes, work = Lanes(pauses_s=(0.0, 0.0)), Work(first=2, lost=3)
    for lane, name in ((1, "first"), (1, "second"), (2, "lost"), (2, "last"), (3, "other")):
        lanes.run(lane, name, work.of(name))
    await lanes.finish()
    assert sorted(work.done) == ["first", "last", "other", "second"]
    assert work.done.index("first") < work.done.index("second")
    assert work.done[0] == "other"


async def test_to_stop_is_not_to_wait_for_the_next_attempt() -> None:
    lanes, work = Lanes(pauses_s=(600.0, 600.0)), Work(stuck=9)
    lanes.run(1, "stuck", work.of("stuck"))
    while work.left["stuck"] == 9:  # noqa: ASYNC110 - until it waits
        await asyncio.sleep(0)
    await lanes.stop()
    assert work.left["stuck"] == 7


@pytest.mark.parametrize(
    "url",
    [
        "http://cdn.discordapp.com/a",
        "https://cdn.discordapp.com.evil.example/a",
        "https://evil.example/cdn.discordapp.com",
        "https://cdn.discordapp.com@evil.example/a",
        "https://discord.com/api/v10/users/@me",
        "file:///etc/passwd",
    ],
)
async def test_files_are_fetched_from_discord_alone(url: str) -> None:
    with pytest.raises(FileUnavailable, match="must not"):
        await Files("https://discord.com/api/v10").fetch(IncomingFile(name="a", ref=url))


async def test_a_file_that_is_too_large_is_not_begun() -> None:
    file = IncomingFile(name="a.zip", size=50_000_000, ref="https://cdn.discordapp.com/a.zip")
    with pytest.raises(FileUnavailable, match=r"larger than the 20 MB.*smaller part"):
        await Files("https://discord.com/api/v10").fetch(file)
