"""What every test of the page does: say something, and wait for the answer."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any

from playwright.async_api import Locator, Page, expect

OpenPage = Callable[..., Awaitable[Page]]
AcceptedOf = Callable[[str], Awaitable[list[dict[str, Any]]]]


async def say(page: Page, text: str) -> None:
    message = page.get_by_label("Message", exact=True)
    await message.fill(text)
    await message.press("Enter")


async def address_of_thread(page: Page) -> str:
    """Wait until the address names a thread: it follows what the page shows by a message."""
    await expect(page).to_have_url(re.compile(r"[?&]c=[0-9a-f-]{36}"))
    return page.url


async def ask(page: Page, text: str) -> Locator:
    """Ask, and return the finished answer, once the question is confirmed as well."""
    before = await page.locator("article.m-answer:not(.m-live)").count()
    await say(page, text)
    answer = page.locator("article.m-answer:not(.m-live)").nth(before)
    await expect(answer).to_be_visible()
    # Either may come first, and a draft that a test writes must not be taken for this one.
    await expect(page.get_by_label("Message", exact=True)).to_have_value("")
    return answer
