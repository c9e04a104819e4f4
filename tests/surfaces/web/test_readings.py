"""What a question could mean: choosing with one tap, and what was read without asking."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from learning.interpretation.contract import ASKING
from tests.surfaces.web import scripts
from tests.surfaces.web.steps import address_of_thread, ask, say

if TYPE_CHECKING:
    import httpx
    from playwright.async_api import Locator, Page

    from tests.surfaces.web.steps import AcceptedOf, OpenPage

pytestmark = pytest.mark.browser

FIRST, SECOND, THIRD = (r.text[:1].upper() + r.text[1:] for r in scripts.READINGS)


def finished(page: Page) -> Locator:
    return page.locator("article.m-answer:not(.m-live)")


async def test_a_question_back_has_a_button_for_each_reading_and_no_list(
    open_page: OpenPage,
) -> None:
    page = await open_page()
    asked = await ask(page, "build api")
    await expect(asked.locator(".m-prose")).to_have_text(ASKING)
    group = asked.get_by_role("group", name="What the question could mean")
    await expect(group.get_by_role("button")).to_have_text([FIRST, SECOND, THIRD, "Something else"])
    for name in ("Helpful", "More reactions", "Correct", "Regenerate", "Copy answer"):
        await expect(asked.get_by_role("button", name=name, exact=True)).to_have_count(0)
    await expect(asked.get_by_role("button", name="Forget")).to_be_visible()
    await asked.get_by_role("button", name="Why").click()
    await expect(page.locator(".m-card")).to_contain_text("right in 9 of the last 11")


async def test_choosing_goes_on_as_if_the_reading_had_been_said(
    open_page: OpenPage, accepted: AcceptedOf
) -> None:
    page = await open_page()
    asked = await ask(page, "build api")
    await asked.get_by_role("button", name=SECOND).click()
    await expect(finished(page)).to_have_count(2)
    await expect(page.locator(".m-said")).to_have_text(["build api", scripts.READINGS[1].text])
    await expect(asked.locator(".m-prose")).to_have_text(ASKING)
    await expect(asked.locator(".m-readings")).to_have_count(0)
    (choice,) = await accepted("choice")
    (message,) = await accepted("message")
    assert choice["interaction_id"] == await asked.get_attribute("data-interaction")
    assert (choice["reading"], choice["thread_id"]) == ("h2", message["thread_id"])
    await address_of_thread(page)
    await page.reload()
    await expect(finished(page).first.locator(".m-prose")).to_have_text(ASKING)
    await expect(page.locator(".m-readings")).to_have_count(0)


async def test_a_reading_is_chosen_with_keys_and_typing_goes_on_below(
    open_page: OpenPage, accepted: AcceptedOf
) -> None:
    page = await open_page()
    asked = await ask(page, "build api")
    await asked.get_by_role("button", name=FIRST).focus()
    await page.keyboard.press("Tab")
    await expect(asked.get_by_role("button", name=SECOND)).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(finished(page)).to_have_count(2)
    await expect(page.get_by_label("Message", exact=True)).to_be_focused()
    assert [event["reading"] for event in await accepted("choice")] == ["h2"]


@pytest.mark.parametrize("clicks", ["double", "many"])
async def test_a_double_click_is_one_choice(
    open_page: OpenPage, accepted: AcceptedOf, clicks: str
) -> None:
    page = await open_page()
    asked = await ask(page, "build api")
    if clicks == "double":
        await asked.get_by_role("button", name=FIRST).dblclick()
    else:
        left = await asked.locator(".m-readings").evaluate(
            """group => {
                const { socket } = window;
                const emit = socket.emit;
                let left = 0;
                socket.emit = (...event) => (left++, emit.apply(socket, event));
                for (const i of [0, 0, 1, 2]) group.querySelectorAll("button")[i].click();
                socket.emit = emit;
                return left;
            }"""
        )
        assert left == 1  # a slow host would hear the others before it has settled the first
    await expect(finished(page)).to_have_count(2)
    # What is typed now comes after every click.
    await ask(page, "And then?")
    assert [event["reading"] for event in await accepted("choice")] == ["h1"]


async def test_something_else_puts_the_cursor_where_one_types(
    open_page: OpenPage, accepted: AcceptedOf
) -> None:
    page = await open_page()
    asked = await ask(page, "build api")
    await asked.get_by_role("button", name="Something else").click()
    await expect(page.get_by_label("Message", exact=True)).to_be_focused()
    await page.keyboard.type("a kite")
    await expect(page.get_by_label("Message", exact=True)).to_have_value("a kite")
    assert await accepted("choice") == []


async def test_a_choice_that_is_refused_says_why_and_can_be_made_again(
    open_page: OpenPage, accepted: AcceptedOf, fake: httpx.AsyncClient
) -> None:
    page = await open_page()
    asked = await ask(page, "build api")
    first = asked.get_by_role("button", name=FIRST)
    await fake.post("/_fake/stop")
    try:
        await first.focus()
        await page.keyboard.press("Enter")
        await expect(asked.get_by_role("alert")).to_have_text(
            "Mynah is shutting down. Choose again when it is back."
        )
        await expect(first).to_be_enabled()
        await expect(first).to_be_focused()
    finally:
        await fake.post("/_fake/start")
    assert await accepted("choice") == []
    await page.keyboard.press("Enter")
    await expect(finished(page)).to_have_count(2)
    assert len(await accepted("choice")) == 1


async def test_until_the_host_has_answered_no_reading_can_be_pressed(
    open_page: OpenPage,
) -> None:
    page = await open_page()
    asked = await ask(page, "build api")
    shut = await asked.locator(".m-readings").evaluate(
        """async group => {
            const buttons = [...group.querySelectorAll("button")];
            buttons[0].click();
            await Promise.resolve();  // Vue draws in the microtask after the click
            return buttons.map(button => button.disabled);
        }"""
    )
    assert shut == [True] * 4
    await expect(finished(page)).to_have_count(2)


async def test_what_was_read_without_asking_is_told_and_can_be_changed(
    open_page: OpenPage, accepted: AcceptedOf
) -> None:
    page = await open_page()
    answer = await ask(page, "deploy api")
    line = answer.locator(".m-readings")
    await expect(line.locator("p")).to_have_text(
        f"Read as: {scripts.READINGS[0].text}. Not what you meant?"
    )
    await expect(line.get_by_role("button")).to_have_text([SECOND, THIRD])
    await expect(answer.locator("table")).to_contain_text("Retry-After")
    await expect(answer.get_by_role("button", name="Helpful", exact=True)).to_be_visible()
    await line.get_by_role("button", name=THIRD).click()
    await expect(page.locator(".m-said")).to_have_text(["deploy api", scripts.READINGS[2].text])
    await expect(line).to_have_count(0)
    assert [event["reading"] for event in await accepted("choice")] == ["h3"]


async def test_another_window_follows_the_choice(open_page: OpenPage) -> None:
    page = await open_page()
    asked = await ask(page, "build api")
    twin = await page.context.new_page()
    await twin.goto(await address_of_thread(page))
    await expect(twin.locator(".m-readings")).to_be_visible()
    await asked.get_by_role("button", name=FIRST).click()
    await expect(finished(twin)).to_have_count(2)
    await expect(twin.locator(".m-readings")).to_have_count(0)
    await twin.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_on_a_phone_the_readings_lie_below_each_other(
    open_page: OpenPage, scheme: str
) -> None:
    page = await open_page(
        viewport={"width": 360, "height": 740}, is_mobile=True, has_touch=True, color_scheme=scheme
    )
    asked = await ask(page, "build api")
    await say(page, "deploy api")
    advanced = finished(page).nth(1)
    await expect(advanced.locator(".m-readings")).to_be_visible()
    column = page.locator(".m-scroll")
    assert await column.evaluate("box => box.scrollWidth <= box.clientWidth")
    for group in (asked, advanced):
        boxes = []
        for button in await group.locator(".m-readings button").all():
            box = await button.bounding_box()
            assert box is not None
            assert box["height"] >= 40
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= 360
            boxes.append((box["y"], box["y"] + box["height"]))
        assert all(above[1] <= below[0] for above, below in pairwise(boxes))
