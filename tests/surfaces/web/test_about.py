"""What I know about you: seeing it, correcting it, forgetting it, ending it."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from playwright.async_api import expect
from pydantic import ValidationError

from integrations.surfaces.web.known import Known
from tests.surfaces.web.fake_known import MEMORIES, PERSONA, SECRET

if TYPE_CHECKING:
    import httpx
    from playwright.async_api import Locator, Page

    from tests.surfaces.web.steps import OpenPage


def told(**changes: Any) -> dict[str, Any]:
    memory = {
        "id": "m1",
        "kind": "preference",
        "text": "deploys to Fly",
        "origin": "observed",
        "confidence": 0.5,
        "permits": "ask",
        "times_observed": 4,
        "since": "2026-05-01T10:00:00+00:00",
        "last_seen": "2026-05-03T10:00:00+00:00",
        "until": None,
    }
    return memory | changes


def known(*memories: dict[str, Any], **changes: Any) -> dict[str, Any]:
    data = {"memories": memories, "persona": {}, "asks_below": 0.847, "learning": True}
    return Known.model_validate(data | changes).shown()


@pytest.mark.parametrize(
    ("changes", "how"),
    [
        ({}, "I noticed it 4 times · fairly sure, so I ask first · 3 May 2026"),
        ({"times_observed": 1}, "I noticed it · fairly sure, so I ask first · 3 May 2026"),
        (
            {"origin": "stated", "permits": "suggest"},
            "You said so · sure enough to use it · 3 May 2026",
        ),
        (
            {"origin": "chosen", "permits": "silent"},
            "You chose it · too unsure to use it · 3 May 2026",
        ),
        (
            {"origin": "inferred", "permits": "fade", "until": "2026-06-01T00:00:00+00:00"},
            "I concluded it · fading · 3 May 2026 · until 1 June 2026",
        ),
    ],
)
def test_each_memory_says_how_it_became_known_and_how_sure_it_is(
    changes: dict[str, Any], how: str
) -> None:
    (group,) = known(told(**changes))["groups"]
    assert group == {
        "title": "Preferences",
        "folded": False,
        "memories": [{"id": "m1", "text": "deploys to Fly", "how": how}],
    }


def test_only_what_there_is_has_a_group_and_choices_are_folded() -> None:
    shown = known(told(id="c1", kind="history"), told(id="g1", kind="goal"))
    assert [(g["title"], g["folded"]) for g in shown["groups"]] == [
        ("Goals", False),
        ("1 remembered choice", True),
    ]
    assert known()["groups"] == []


def test_facets_are_percentages_and_silent_while_nothing_is_known() -> None:
    assert known(persona={"concise": 0.5, "formal": 0.504})["facets"] == []
    assert known(persona={"step_by_step": 0.724, "formal": 1.2})["facets"] == [
        {"name": "Step by step", "percent": 72},
        {"name": "Formal", "percent": 100},
    ]
    assert known()["asks_below"] == 85


@pytest.mark.parametrize(
    "wrong", [{"kind": "rumour"}, {"id": ""}, {"last_seen": "2026-05-03T10:00:00"}]
)
def test_what_the_page_cannot_show_is_refused_and_not_shown_in_part(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        known(told(), told(**wrong))


async def opened(page: Page) -> Locator:
    await page.get_by_role("button", name="What I know about you").click()
    return page.get_by_role("dialog")


async def commands(fake: httpx.AsyncClient, user: str) -> list[str]:
    rows = (await fake.get("/_fake")).json()["commands"]
    return [line for who, line in rows if who == user and line != "me"]


@pytest.mark.browser
async def test_the_dialog_lists_everything_that_is_known(open_page: OpenPage) -> None:
    page = await open_page()
    dialog = await opened(page)
    await expect(dialog.locator("h3")).to_have_text(
        ["Goals", "Preferences", "Insights", "How you like answers"]
    )
    texts = dialog.locator(".m-memory-text")
    await expect(texts).to_have_text([text for _, text, *_ in MEMORIES])
    year = datetime.now(UTC).year
    await expect(dialog.locator(".m-memory-foot").nth(2)).to_have_text(
        re.compile(rf"^I noticed it 4 times · fairly sure, so I ask first · \d+ \w+ {year}")
    )
    await expect(texts.last).to_be_hidden()
    await dialog.get_by_text("2 remembered choices").click()
    await expect(texts.last).to_be_visible()
    meters = dialog.get_by_role("meter")
    await expect(meters).to_have_count(len(PERSONA))
    await expect(dialog.get_by_role("meter", name="Code first")).to_have_attribute(
        "aria-valuenow", "90"
    )
    await expect(dialog).to_contain_text("I ask when I am less than 85\u00a0% sure which.")
    await expect(dialog.get_by_role("switch", name="Learn from me")).to_have_attribute(
        "aria-checked", "true"
    )
    await page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)


@pytest.mark.browser
async def test_a_memory_is_corrected_in_its_place(
    open_page: OpenPage, fake: httpx.AsyncClient, user: str
) -> None:
    page = await open_page()
    dialog = await opened(page)
    preferences = dialog.locator("section", has_text="Preferences").locator(".m-memory-text")
    await dialog.get_by_role("button", name="Correct: prefers TypeScript").click()
    text = dialog.get_by_role("textbox", name="Correct: prefers TypeScript")
    await expect(text).to_be_focused()
    await expect(text).to_have_value("prefers TypeScript")
    await text.fill("   ")
    await expect(dialog.get_by_role("button", name="Save")).to_be_disabled()
    await text.fill(f"logs in with {SECRET}")
    await text.press("Enter")
    said = dialog.get_by_role("status")
    await expect(said).to_have_text("I cannot keep that: it looks like a secret.")
    await expect(text).to_have_value(f"logs in with {SECRET}")
    await text.fill("prefers  <b>Rust</b>")
    await dialog.get_by_role("button", name="Save").click()
    await expect(preferences).to_have_text(["prefers <b>Rust</b>", "deploys to Fly"])
    await expect(said).to_have_text("Corrected. Thank you.")
    await expect(text).to_have_count(0)
    ran = await commands(fake, user)
    assert [re.sub(r" m\d+ ", " ID ", line) for line in ran] == [
        f"correct ID logs in with {SECRET}",
        "correct ID prefers <b>Rust</b>",
    ]


@pytest.mark.browser
async def test_leaving_a_correction_or_changing_nothing_sends_nothing(
    open_page: OpenPage, fake: httpx.AsyncClient, user: str
) -> None:
    page = await open_page()
    dialog = await opened(page)
    correct = dialog.get_by_role("button", name="Correct: deploys to Fly")
    text = dialog.get_by_role("textbox")
    for key in ("Escape", "Enter"):
        await correct.press("Enter")
        await expect(text).to_be_focused()
        if key == "Escape":
            await text.fill("deploys to the moon")
        await text.press(key)
        await expect(correct).to_be_focused()
        await expect(dialog.get_by_text("deploys to Fly", exact=True)).to_be_visible()
    assert await commands(fake, user) == []


@pytest.mark.browser
async def test_a_memory_is_forgotten_after_one_question(
    open_page: OpenPage, fake: httpx.AsyncClient, user: str
) -> None:
    page = await open_page()
    dialog = await opened(page)
    forget = dialog.get_by_role("button", name="Forget: deploys to Fly")
    await forget.click()
    await dialog.get_by_role("button", name="Keep it").click()
    await expect(forget).to_be_focused()
    assert await commands(fake, user) == []
    await forget.click()
    await dialog.get_by_role("button", name="Forget it").dblclick()
    await expect(dialog.get_by_text("deploys to Fly", exact=True)).to_have_count(0)
    await expect(dialog.get_by_role("status")).to_contain_text("The message it came from is kept.")
    # The switch is used afterwards, so a second command would stand before its own.
    await dialog.get_by_role("switch").click()
    await expect(dialog.get_by_role("switch")).to_have_attribute("aria-checked", "false")
    ran = await commands(fake, user)
    assert [line.split()[0] for line in ran] == ["forget", "off"]


@pytest.mark.browser
async def test_learning_is_switched_off_and_on_again(
    open_page: OpenPage, fake: httpx.AsyncClient, user: str
) -> None:
    page = await open_page()
    dialog = await opened(page)
    switch = dialog.get_by_role("switch", name="Learn from me")
    await switch.press("Space")
    await expect(switch).to_have_attribute("aria-checked", "false")
    await expect(dialog.get_by_role("status")).to_contain_text("I no longer learn from you.")
    await expect(dialog.locator(".m-learning")).to_contain_text("I learn nothing new from you")
    await dialog.get_by_role("button", name="Close").click()
    await expect(dialog).to_have_count(0)
    await opened(page)
    await expect(switch).to_have_attribute("aria-checked", "false")
    await expect(dialog.get_by_role("status")).to_have_count(0)
    await switch.click()
    await expect(switch).to_have_attribute("aria-checked", "true")
    assert await commands(fake, user) == ["off", "on"]


@pytest.mark.browser
async def test_who_is_not_known_yet_is_told_how_to_begin(open_page: OpenPage, user: str) -> None:
    page = await open_page(as_user=f"new-{user}")
    dialog = await opened(page)
    await expect(dialog).to_contain_text("I know nothing about you yet. Tell me what you work on")
    await expect(dialog.locator("h3, summary")).to_have_count(0)
    await expect(dialog.get_by_role("switch")).to_be_visible()


@pytest.mark.browser
@pytest.mark.parametrize(
    ("who", "why"),
    [("broken", "The store is being moved."), ("crashed", "That did not work, and the reason is")],
)
async def test_when_nothing_can_be_said_the_dialog_says_why(
    open_page: OpenPage, user: str, who: str, why: str
) -> None:
    page = await open_page(as_user=f"{who}-{user}")
    dialog = await opened(page)
    await expect(dialog.get_by_role("status")).to_contain_text(why)
    await expect(dialog.locator(".m-about")).to_have_text("")


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_on_a_phone_the_dialog_fits_and_scrolls(open_page: OpenPage, scheme: str) -> None:
    page = await open_page(
        viewport={"width": 360, "height": 740}, is_mobile=True, has_touch=True, color_scheme=scheme
    )
    await page.get_by_role("button", name="Show or hide threads").click()
    dialog = await opened(page)
    card = dialog.locator(".m-about-dialog")
    await expect(card).to_be_in_viewport(ratio=1)
    await dialog.get_by_role("button", name="Forget: deploys to Fly").click()
    await dialog.get_by_text("2 remembered choices").click()
    view = dialog.locator(".m-about")
    assert await view.evaluate("view => view.scrollWidth <= view.clientWidth")
    switch = dialog.get_by_role("switch")
    await switch.scroll_into_view_if_needed()
    await expect(switch).to_be_in_viewport(ratio=1)
    ground = "card => getComputedStyle(card).backgroundColor.match(/\\d+/g).every(c => c < 64)"
    assert await card.evaluate(ground) == (scheme == "dark")
