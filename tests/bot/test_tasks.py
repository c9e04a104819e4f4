from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from bot.acting.issues import Issues
from bot.tasks import TaskCommands
from integrations.contracts.delivery import Button
from integrations.contracts.host import CommandReply
from learning.store.tasks import Tasks
from tests.bot.board_place import BoardPlace, open_board
from tests.bot.support import settings_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

    from integrations.contracts.host import Person


class Team:
    """People at a board, whose repository answers what a test says."""

    def __init__(self, place: BoardPlace) -> None:
        self.place = place
        self.asked: list[tuple[str, Mapping[str, Any]]] = []
        self.issues: list[dict[str, Any]] = []
        self.answer = CommandReply("Shall I?", {}, buttons=(Button("Do it", "action accept 1"),))
        commands = TaskCommands(
            place.mynah.store, place.board, self.do, [Issues(self.do)], place.now
        )
        self._commands = commands.commands()

    async def do(self, who: Person, tool: str, params: Mapping[str, Any]) -> CommandReply:
        if not tool.startswith("github."):
            return await self.place.use(who, tool, params)
        self.asked.append((tool, params))
        if tool == "github.list_issues":
            return CommandReply("…", {"items": self.issues})
        if tool == "github.get_issue":
            return CommandReply("…", {"number": 12, "labels": ["bug", "todo"]})
        return self.answer

    async def say(self, line: str, user: str = "ann", channel: str = "") -> CommandReply:
        return await self.place.run(self._commands, line, self.place.person(user, channel))

    async def add(self, words: str, user: str = "ann", channel: str = "") -> str:
        told = await self.say(f"task add {words}", user, channel)
        assert told.ok, told.text
        return str(told.data["task"])

    async def titles(self, line: str = "tasks", user: str = "ann", channel: str = "") -> list[str]:
        return [task["title"] for task in (await self.say(line, user, channel)).data["tasks"]]


@pytest.fixture
async def team(
    database: str, encryption_key: str, workspace: str, tmp_path: Path
) -> AsyncIterator[Team]:
    async with open_board(settings_of(tmp_path, database, encryption_key), workspace) as it:
        yield Team(it)


async def test_a_task_is_read_from_a_line_and_shown_on_the_board(team: Team) -> None:
    id_ = await team.add("Fix login in acme/web by friday 15:00")
    (task,) = (await team.say("tasks")).data["tasks"]
    assert (task["title"], task["project"]) == ("Fix login", "acme/web")
    assert task["due_at"] == "2026-03-06T14:00:00+00:00"
    assert "| Fix login |" in (await team.say("tasks acme/web")).text
    assert await team.titles("tasks other") == []
    assert (await team.say(f"task edit {id_} Fix the login")).ok
    assert await team.titles() == ["Fix the login"]
    assert (await team.say(f"task move {id_[-8:]} done")).ok
    assert (await team.titles(), await team.titles("tasks all")) == ([], ["Fix the login"])
    assert (await team.say(f"task drop {id_}")).ok
    assert team.place.count("task_moves") == 0


async def test_a_task_that_comes_back_asks_why_and_keeps_what_that_teaches(team: Team) -> None:
    id_ = await team.add("Landing page")
    who = team.place.person()
    await team.place.use(who, "task.edit", {"task": id_, "approach": "template"})
    await team.say(f"task move {id_} in progress")
    team.place.time += timedelta(minutes=8)
    await team.say(f"task move {id_} done")
    back = await team.say("task move landing back to todo")
    (button,) = back.buttons
    assert (button.line, bool(button.asks)) == (f"task why {id_.replace('-', '')}", True)
    told = await team.say(f"{button.line} It crashes on phones and has no tests")
    assert "broken, untested" in told.text
    async with team.place.mynah.store.begin(team.place.workspace, None) as unit:
        last = (await Tasks(unit).moves(user_id="ann"))[-1]
    assert dict(last.note) == {
        "why": "It crashes on phones and has no tests",
        "approach": "template",
        "seconds": 480.0,
        "reading": ["broken", "untested"],
    }
    history = await team.say(f"task show {id_}")
    assert "done → todo — It crashes" in history.text
    assert "- doing: 8 min" in history.text


async def test_words_after_the_state_say_why_and_no_more_is_asked(team: Team) -> None:
    id_ = await team.add("Landing page")
    await team.say(f"task move {id_} failed")
    back = await team.say(f"task move {id_} todo because it looked off")
    assert back.buttons == ()
    assert "it looked off (off style)" in (await team.say(f"task show {id_}")).text
    again = await team.say(f"task move {id_} todo")
    assert again.data["fault"] == "conflict"
    assert not (await team.say(f"task move {id_} somewhere")).ok
    assert not (await team.say("task move nothing done")).ok


async def test_what_one_learns_nothing_from_is_kept_unread(team: Team) -> None:
    assert (await team.place.mynah.host.command(team.place.person(), "off")).ok
    id_ = await team.add("Landing page")
    await team.say(f"task move {id_} done")
    await team.say(f"task move {id_} todo it crashed")
    shown = (await team.say(f"task show {id_}")).text
    assert "it crashed" in shown
    assert "broken" not in shown


async def test_a_board_is_private_unless_it_is_shared_in_its_channel(team: Team) -> None:
    own = await team.add("Mine", channel="dev")
    shared = await team.add("shared Ours", channel="dev")
    assert await team.titles(user="bob", channel="dev") == ["Ours"]
    assert await team.titles(user="bob") == []
    assert (await team.titles(), await team.titles(channel="dev")) == (["Mine"], ["Ours"])
    assert not (await team.say(f"task move {own} done", "bob", "dev")).ok
    assert (await team.say(f"task move {shared} doing", "bob", "dev")).ok
    # The title of what only one person may read is not said where others read along.
    assert "Mine" not in (await team.say(f"task move {own} doing", channel="dev")).text
    await team.say(f"task move {own} todo it broke for Bob")
    await team.say(f"task way {own} by hand")
    told = (await team.say(f"task show {own}", channel="dev")).text
    assert "ask me in private" in told
    assert not any(word in told for word in ("Mine", "Bob", "by hand"))
    assert "Bob" in (await team.say(f"task show {own}")).text
    assert not (await team.say(f"task drop {shared}", "bob", "dev")).ok
    guest = team.place.person("eve", "dev", outsider=True)
    moved = await team.place.use(guest, "task.move", {"task": shared, "to": "done"})
    assert moved.data["fault"] == "not_allowed"


async def test_issues_are_taken_over_once_and_moves_are_made_there_too(team: Team) -> None:
    mine = await team.add("Known here in acme/api")
    team.issues = [
        {"number": 12, "title": "Login fails", "state": "open", "labels": ["doing"], "url": "u"},
        {"number": 13, "title": "Known here", "state": "open", "labels": [], "url": "v"},
    ]
    assert (await team.say("task connect acme/api")).data["taken"] == 1
    assert (await team.say("task connect acme/api")).data["taken"] == 0
    tasks = {t["title"]: t for t in (await team.say("tasks acme/api")).data["tasks"]}
    assert {title: t["elsewhere"] for title, t in tasks.items()} == {
        "Login fails": "acme/api#12",
        "Known here": "acme/api#13",
    }
    assert tasks["Known here"]["id"] == mine
    moved = await team.say("task move login done")
    assert [button.label for button in moved.buttons] == ["Which way?", "Do it"]
    assert team.asked[-1] == (
        "github.update_issue",
        {"repo": "acme/api", "number": 12, "state": "closed", "labels": ["bug"]},
    )
    team.answer = CommandReply("Opened: #14", {"number": 14, "url": "w"})
    await team.add("Write docs in acme/api")
    assert "github.create_issue" in [tool for tool, _ in team.asked]
    tasks = {t["title"]: t for t in (await team.say("tasks acme/api")).data["tasks"]}
    assert tasks["Write docs"]["elsewhere"] == "acme/api#14"
