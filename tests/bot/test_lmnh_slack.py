"""From a wish to something that was done, in Slack: asked about, changed, done once, liked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from pydantic import SecretStr

from integrations.surfaces.slack.reading import ids
from tests.bot.slack_place import Place, open_place, words
from tests.standins.github_server import GitHubServer, github_server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.standins.slack_state import Message, User


@pytest.fixture
async def github() -> AsyncIterator[GitHubServer]:
    async with github_server() as server:
        server.repo("acme/api")
        yield server


@pytest.fixture
async def place(
    fresh_database: str, encryption_key: str, tmp_path: Path, github: GitHubServer
) -> AsyncIterator[Place]:
    async with open_place(
        tmp_path / "home",
        fresh_database,
        encryption_key,
        socket=True,
        tool_workspaces="*",
        github_token=SecretStr(github.token),
        GITHUB_API_URL=github.api_url,
    ) as opened:
        yield opened


async def test_an_issue_is_shown_changed_opened_once_and_liked(
    place: Place, github: GitHubServer
) -> None:
    ada, team = place.ada, place.team
    proposed = await place.ask(
        ada, place.general, f"{place.called} open an issue in acme/api: Login fails"
    )
    shown = words(proposed)
    assert "Login fails" in shown
    assert [label for label, _ in controls(proposed)] == ["Do it", "Change", "No"]
    assert github.issues("acme/api") == []  # nothing happens before somebody says yes

    # Bob did not ask for it.
    await press(place, proposed, "Do it", place.bob)
    assert github.issues("acme/api") == []

    # Ada looks at what would be sent, and says it better.
    await press(place, proposed, "Change", ada)
    await place.slack.until(lambda: team.modal(ada))
    view = team.modal(ada)
    assert view is not None
    assert "title: Login fails" in str(view["blocks"])
    stale = control(proposed, "Do it")
    better = {ids.TEXT: "repo: acme/api\ntitle: Login fails with a long password"}
    assert not (await team.submit(ada, view, better)).failure
    await place.slack.until(lambda: statuses(place) == ["approved"])
    # … and, before the message has changed, presses twice what is still there.
    for _ in range(2):
        await team.click(ada, proposed, stale["action_id"], stale["value"])
    await settle(place)

    (issue,) = github.issues("acme/api")
    assert issue["title"] == "Login fails with a long password"
    answers = place.answers(place.general)
    assert controls(next(m for m in answers if m.ts == proposed.ts)) == []
    (told,) = [m for m in answers if issue["html_url"] in words(m)]
    assert told.thread_ts == proposed.thread_ts

    await team.react(ada, told, "thumbsup")
    await settle(place)
    assert place.rows("SELECT kind, status, rating FROM actions WHERE workspace_id = %s") == [
        ("github.create_issue", "done", 5.0)
    ]


def statuses(place: Place) -> list[str]:
    found = place.rows("SELECT status FROM actions WHERE workspace_id = %s")
    return [status for (status,) in found]


def controls(message: Message) -> list[tuple[str, dict[str, Any]]]:
    """Return the buttons of ours that stand for what can be done, by what is on them."""
    elements = [each for block in message.blocks for each in block.get("elements", ())]
    ours = [e for e in elements if str(e.get("action_id", "")).startswith((ids.RUN, ids.ASK))]
    return [(e["text"]["text"], e) for e in ours]


def control(message: Message, label: str) -> dict[str, Any]:
    (found,) = [element for name, element in controls(message) if name == label]
    return found


async def press(place: Place, message: Message, label: str, user: User) -> None:
    button = control(message, label)
    await place.team.click(user, message, button["action_id"], button["value"])
    await place.work()


async def settle(place: Place) -> None:
    """Work, with what waits for its time too."""
    await place.work()
    place.hurry()
    await place.work()
