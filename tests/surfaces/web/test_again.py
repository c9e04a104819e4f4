"""Asking again: another answer to the same question, and another expert for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from learning.roles import ROLES
from tests.surfaces.web.steps import address_of_thread, ask, say

if TYPE_CHECKING:
    import httpx
    from playwright.async_api import Locator, Page

    from tests.surfaces.web.steps import AcceptedOf, OpenPage

pytestmark = pytest.mark.browser

QUESTION = "Where do we handle retries?"
OTHERS = [role for role in ROLES if role.name != "lead"]
"""Everybody but the expert who answers in these tests."""


def finished(page: Page) -> Locator:
    return page.locator("article.m-answer:not(.m-live)")


def experts(page: Page) -> Locator:
    return page.get_by_role("menu", name="Ask another expert")


async def test_regenerating_sends_the_question_again_without_typing_it(
    open_page: OpenPage, accepted: AcceptedOf
) -> None:
    page = await open_page()
    answer = await ask(page, QUESTION)
    message = page.get_by_label("Message", exact=True)
    await message.fill("Half a thought")
    await answer.get_by_role("button", name="Regenerate").click()
    await expect(finished(page)).to_have_count(2)
    await expect(page.locator(".m-said")).to_have_text([QUESTION])
    await expect(page.locator(".m-again")).to_contain_text("Asked again")
    await expect(page.locator(".m-again q")).to_have_text(QUESTION)
    await expect(message).to_have_value("Half a thought")
    first, second = await accepted("message")
    assert (first["again"], first["role"]) == (None, None)
    assert second["again"] == await answer.get_attribute("data-interaction")
    assert (second["text"], second["role"]) == (QUESTION, None)
    assert second["event_id"] != first["event_id"]
    assert second["thread_id"] == first["thread_id"]
    await address_of_thread(page)
    await page.reload()
    await expect(page.locator(".m-said")).to_have_text([QUESTION])
    await expect(page.locator(".m-again q")).to_have_text(QUESTION)


async def test_another_answer_can_be_regenerated_in_turn(
    open_page: OpenPage, accepted: AcceptedOf
) -> None:
    page = await open_page()
    answers = [await ask(page, QUESTION)]
    for n in (1, 2):
        await answers[-1].get_by_role("button", name="Regenerate").click()
        answers.append(finished(page).nth(n))
        await expect(answers[-1]).to_be_visible()
    ids = [await answer.get_attribute("data-interaction") for answer in answers]
    assert [event["again"] for event in await accepted("message")] == [None, *ids[:2]]


@pytest.mark.parametrize("clicks", ["double", "many", "late"])
async def test_clicks_on_what_one_sees_ask_once(
    open_page: OpenPage, accepted: AcceptedOf, clicks: str
) -> None:
    page = await open_page()
    answer = await ask(page, QUESTION)
    again = answer.get_by_role("button", name="Regenerate")
    messages = page.locator(".m-messages")
    seen = await messages.get_attribute("data-version")
    if clicks == "double":
        await again.dblclick()
    else:
        await again.evaluate("button => { for (let i = 0; i < 3; i++) button.click(); }")
    await expect(finished(page)).to_have_count(2)
    if clicks == "late":  # made before the new answer came, and heard after it
        await messages.evaluate("(messages, seen) => { messages.dataset.version = seen; }", seen)
        await again.evaluate("button => button.click()")
    # What is typed now comes after every click.
    await ask(page, "And then?")
    texts = [event["text"] for event in await accepted("message")]
    assert texts == [QUESTION, QUESTION, "And then?"]


async def test_while_the_new_answer_is_written_the_button_does_no_harm(
    open_page: OpenPage, accepted: AcceptedOf
) -> None:
    page = await open_page()
    await say(page, "slow please")
    # The button moves down when the first words come; a click in that moment would miss it.
    await expect(page.locator("article.m-live")).to_contain_text("Working through")
    await page.get_by_role("button", name="Stop").click()
    stopped = finished(page).first
    await expect(stopped.locator(".m-outcome")).to_have_text("stopped")
    again = stopped.get_by_role("button", name="Try again")
    await expect(stopped.get_by_role("button", name="Regenerate")).to_have_count(0)
    await again.click()
    live = page.locator("article.m-live")
    await expect(live).to_contain_text("Working through")
    # A second window does not know who asked, and does no harm either.
    twin = await page.context.new_page()
    await twin.goto(await address_of_thread(page))
    await expect(twin.locator("article.m-live")).to_be_visible()
    await twin.get_by_role("button", name="Try again").click()
    await again.click()
    await twin.locator("article.m-live").get_by_role("button", name="Stop").click()
    await expect(finished(page)).to_have_count(2)
    await expect(live).to_have_count(0)
    assert len(await accepted("message")) == 2
    await twin.close()


async def test_another_expert_is_chosen_from_a_menu_without_the_one_who_answered(
    open_page: OpenPage, accepted: AcceptedOf
) -> None:
    page = await open_page()
    answer = await ask(page, QUESTION)
    button = answer.get_by_role("button", name="Ask another expert")
    await button.click()
    items = experts(page).get_by_role("menuitem")
    await expect(items).to_have_text([f"{r.display_name}{r.purpose}" for r in OTHERS])
    await items.filter(has_text="WizardCoder").click()
    second = finished(page).nth(1)
    await expect(second.locator(".m-byline")).to_contain_text("architect · asked:architect")
    await expect(page.locator(".m-again")).to_contain_text("Asked again, for WizardCoder")
    await expect(experts(page)).to_have_count(0)
    _, event = await accepted("message")
    assert event["again"] == await answer.get_attribute("data-interaction")
    assert (event["text"], event["role"]) == (QUESTION, "architect")
    # The one menu of the page now leaves out whoever gave the answer it is about.
    await second.get_by_role("button", name="Ask another expert").click()
    await expect(items.filter(has_text="DeepSeek")).to_be_visible()
    await expect(items.filter(has_text="WizardCoder")).to_have_count(0)


async def test_the_menu_is_walked_with_keys_and_escape_gives_the_focus_back(
    open_page: OpenPage, accepted: AcceptedOf
) -> None:
    page = await open_page()
    answer = await ask(page, QUESTION)
    button = answer.get_by_role("button", name="Ask another expert")
    await expect(button).to_have_attribute("aria-haspopup", "menu")
    menu = experts(page)
    items = menu.get_by_role("menuitem")
    await button.focus()
    await page.keyboard.press("Enter")
    await expect(menu).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(menu).to_have_count(0)
    await expect(button).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(menu).to_be_focused()
    await page.keyboard.press("ArrowUp")
    await expect(items.last).to_be_focused()
    await page.keyboard.press("ArrowDown")
    await expect(items.first).to_be_focused()
    await page.keyboard.press("ArrowDown")
    await expect(items.nth(1)).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(finished(page)).to_have_count(2)
    assert (await accepted("message"))[1]["role"] == OTHERS[1].name


async def test_a_failure_can_go_to_any_expert(
    open_page: OpenPage, accepted: AcceptedOf, user: str
) -> None:
    page = await open_page()
    answer = await ask(page, f"fail for the expert of {user}")
    await answer.get_by_role("button", name="Ask another expert").click()
    items = experts(page).get_by_role("menuitem")
    await expect(items).to_have_count(len(ROLES))
    await items.filter(has_text="Mathstral").click()
    await expect(finished(page).nth(1).locator(".m-byline")).to_contain_text("math")
    assert (await accepted("message"))[1]["role"] == "math"


async def test_a_correction_is_not_regenerated(open_page: OpenPage) -> None:
    page = await open_page()
    answer = await ask(page, QUESTION)
    await answer.get_by_role("button", name="Correct").click()
    await page.get_by_label("The right answer").fill("Nowhere.")
    await page.get_by_role("button", name="Save correction").click()
    correction = page.locator(".m-correction")
    await expect(correction.get_by_role("button", name="Why")).to_be_visible()
    await expect(correction.get_by_role("button", name="Regenerate")).to_have_count(0)
    await expect(correction.get_by_role("button", name="Ask another expert")).to_have_count(0)
    await expect(answer.get_by_role("button", name="Regenerate")).to_be_visible()


async def test_while_the_surface_stops_asking_again_says_so_and_can_be_repeated(
    open_page: OpenPage, accepted: AcceptedOf, fake: httpx.AsyncClient
) -> None:
    page = await open_page()
    answer = await ask(page, QUESTION)
    again = answer.get_by_role("button", name="Regenerate")
    await fake.post("/_fake/stop")
    try:
        await again.click()
        await expect(page.get_by_role("alert")).to_contain_text("Mynah is shutting down")
    finally:
        await fake.post("/_fake/start")
    assert len(await accepted("message")) == 1
    await again.click()
    await expect(finished(page)).to_have_count(2)


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_a_phone_shows_every_action_and_the_whole_menu(
    open_page: OpenPage, scheme: str
) -> None:
    page = await open_page(
        viewport={"width": 360, "height": 740}, is_mobile=True, has_touch=True, color_scheme=scheme
    )
    answer = await ask(page, QUESTION)
    button = answer.get_by_role("button", name="Ask another expert")
    for control in await answer.locator(".m-act").all():
        box = await control.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 360
    await button.scroll_into_view_if_needed()
    before = await answer.bounding_box()
    await button.click()
    menu = experts(page)
    for item in await menu.get_by_role("menuitem").all():
        await expect(item).to_be_in_viewport(ratio=1)
    assert await answer.bounding_box() == before
    dark = await menu.evaluate(
        "menu => getComputedStyle(menu).backgroundColor.match(/\\d+/g).every(c => c < 64)"
    )
    assert dark == (scheme == "dark")
    await menu.get_by_role("menuitem").filter(has_text="OpenHermes").click()
    await expect(finished(page)).to_have_count(2)
    box = await page.locator(".m-again").bounding_box()
    assert box is not None
    assert box["height"] < 32
    column = page.locator(".m-scroll")
    assert await column.evaluate("box => box.scrollWidth <= box.clientWidth")


async def test_reacting_moves_nothing_on_a_wide_page(open_page: OpenPage) -> None:
    page = await open_page(viewport={"width": 1240, "height": 880})
    answer = await ask(page, QUESTION)
    foot = answer.locator(".m-foot")
    before = await foot.bounding_box()
    for name in ("Helpful", "Not helpful"):
        await answer.get_by_role("button", name=name, exact=True).click()
        await expect(answer.get_by_role("button", name=f"{name}, 1", exact=True)).to_be_visible()
    assert await foot.bounding_box() == before
