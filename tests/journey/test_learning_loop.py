"""Three short requests on the page, each understood better than the one before."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import Page, async_playwright, expect

from learning.interpretation.contract import ASKING
from tests.journey.running import running
from tests.surfaces.web.conftest import SWITCHES
from tests.surfaces.web.steps import ask

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.browser, pytest.mark.process]


async def test_build_deploy_auth(tmp_path: Path) -> None:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("Chromium is not installed: no program chromium on the PATH")
    expect.set_options(timeout=20_000)
    async with running(tmp_path / "home") as address, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=[*SWITCHES])
        page = await browser.new_page(viewport={"width": 1240, "height": 880})
        await page.goto(address)
        finished = page.locator("article.m-answer:not(.m-live)")

        asked = await ask(page, "build api")
        await expect(asked).to_contain_text(ASKING)
        await asked.get_by_role("button", name="Build a REST API").click()
        await expect(finished).to_have_count(2)

        # With the goal known, the next request is read as being about it.
        deploy = await ask(page, "deploy api")
        await expect(deploy).to_contain_text("your REST API")
        await deploy.get_by_role("button", name=re.compile("with Docker", re.IGNORECASE)).click()
        await expect(finished).to_have_count(4)

        known = await until_known(page, "prefers Docker")
        assert "build a REST API" in known
        auth = await ask(page, "auth")
        await expect(auth).to_contain_text("your containerised REST API")
        await browser.close()


async def until_known(page: Page, text: str) -> str:
    """Look at what Mynah knows until it knows something: it learns after it has answered."""
    dialog = page.locator(".q-dialog")
    for _ in range(50):
        await page.get_by_role("button", name="What I know about you").click()
        await expect(dialog).to_contain_text("How you like answers")
        known = await dialog.inner_text()
        await page.keyboard.press("Escape")
        await expect(dialog).to_have_count(0)
        if text in known:
            return known
    pytest.fail(f"it never knew that the person {text}")
