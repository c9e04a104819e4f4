"""The first conversation, as a newcomer has it: one process, one page, no key, no token.

With ``MYNAH_SCREENSHOTS=DIR`` the pictures of the documentation are taken on the way.
"""

from __future__ import annotations

import os
import re
import shutil
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import Page, async_playwright, expect

from tests.journey.running import running
from tests.surfaces.web.conftest import SWITCHES
from tests.surfaces.web.steps import ask

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.browser, pytest.mark.process]

HANDLER = '''"""Decides whether a request is sent again."""

from dataclasses import dataclass


@dataclass
class RetryPolicy:
    """How often a failed request is retried, and how long to wait between retries."""

    attempts: int = 3
    wait_s: float = 1.0

    def delay(self, attempt: int) -> float:
        """Return the pause before a retry: it doubles from retry to retry."""
        return self.wait_s * 2**attempt
'''
CLIENT = '''"""Sends requests."""


def send(address: str) -> bytes:
    """Open a connection and return what comes back."""
    raise ConnectionError(address)
'''
NOTES = """# Deployment

We deploy on Tuesdays at 10:00 UTC. Friday is for reading.

# Meetings

The team meets on Mondays in the small room.
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "courier"
    (folder / "net").mkdir(parents=True)
    (folder / "net" / "retry.py").write_text(HANDLER)
    (folder / "net" / "client.py").write_text(CLIENT)
    (folder / "NOTES.md").write_text(NOTES)
    return folder


async def picture(page: Page, name: str) -> None:
    if folder := os.environ.get("MYNAH_SCREENSHOTS"):
        await page.screenshot(path=f"{folder}/{name}.png")


async def test_the_first_conversation(tmp_path: Path, project: Path) -> None:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("Chromium is not installed: no program chromium on the PATH")
    expect.set_options(timeout=20_000)
    async with running(tmp_path / "home") as address, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=[*SWITCHES])
        page = await browser.new_page(viewport={"width": 1240, "height": 880})
        await page.goto(address)
        await expect(page.get_by_text("Point me at a folder")).to_be_visible()
        await picture(page, "welcome")

        await page.get_by_role("button", name="Add knowledge").first.click()
        path = page.get_by_label("Path or URL")
        await path.fill(str(project))
        await path.press("Enter")
        progress = page.get_by_role("log", name="Progress")
        await expect(progress).to_contain_text("3 files read")
        await page.keyboard.press("Escape")
        # The dialog gives the focus back when it has gone; a key pressed before would go with it.
        await expect(page.locator(".q-dialog")).to_have_count(0)

        sums = await ask(page, "What is 12% of 80?")
        await expect(sums).to_contain_text("9.6")

        first = await ask(page, "where is the retry handling?")
        await expect(first).to_contain_text("courier/net/retry.py")
        await expect(first).to_contain_text("RetryPolicy")
        await picture(page, "page")

        await first.get_by_role("button", name=re.compile("^Not helpful")).click()
        await expect(first.get_by_role("status")).to_contain_text("disliked")
        await first.get_by_role("button", name="Correct").click()
        await page.get_by_label("The right answer").fill(
            "Retries are decided in `RetryPolicy.delay`: the pause doubles each time."
        )
        await page.get_by_role("button", name="Save correction").click()
        corrected = page.locator(".m-correction").last
        await expect(corrected).to_contain_text("the pause doubles each time")
        await corrected.get_by_role("button", name=re.compile("^Helpful")).click()
        await expect(corrected.get_by_role("status")).to_contain_text("Rated 5.0")

        again = await ask(page, "where is the retry handling?")
        await expect(again).to_contain_text("the pause doubles each time")
        await again.get_by_role("button", name="Why").click()
        await expect(page.locator(".m-card").last).to_contain_text("your answer of")
        await picture(page, "why")

        # It is still so after a reload: the transcript is in the store.
        await expect(page).to_have_url(re.compile(r"[?&]c=[0-9a-f-]{36}"))
        await page.reload()
        await expect(page.get_by_text("the pause doubles each time").last).to_be_visible()
        await browser.close()
