"""What Mynah learns from, one story each: conversations, actions, tasks, repositories, APIs,
what people do, and what they say of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.bot.lmnh_place import House, open_house

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from tests.database import Server


@pytest.fixture(scope="module")
def own_database(database_server: Server) -> Iterator[str]:
    with database_server.clone() as conninfo:
        yield conninfo


@pytest.fixture(scope="module")
async def house(
    own_database: str, encryption_key: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[House]:
    home = tmp_path_factory.mktemp("lmnh")
    async with open_house(home, own_database, encryption_key) as opened:
        yield opened


async def test_conversations_an_answer_that_was_put_right_is_given_the_next_time(
    house: House,
) -> None:
    story = house.story()
    question = "Which team owns our billing service?"
    first = await story.ask(question)
    assert "Heron" not in first.text
    await story.correct(first, "Billing belongs to Team Heron.")
    again = await story.ask(question, "ann", thread="another")
    assert "Team Heron" in again.text
    await story.react(again, "👍")
    assert (await story.why(again))["rating"] == 5.0


async def test_actions_a_song_that_is_liked_is_remembered_with_how_it_sounds(
    house: House,
) -> None:
    story = house.story()
    song = await story.ask("Create a hip-hop song at 140 bpm about the sea")
    assert "hip-hop" in song.text
    assert house.music.songs == []  # nothing is made before somebody says yes
    assert (await story.press(song, "Do it")).ok
    assert "/audio/" in story.latest().text
    await story.react(song, "👍")
    assert story.rating(song) == 5.0
    (made,) = (await story.command("actions")).data["actions"]
    assert (made["tool"], made["rating"]) == ("music.create", 5.0)
    assert (made["params"]["genre"], made["params"]["tempo"]) == ("hip-hop", "140")


async def test_tasks_an_approach_that_failed_is_left_for_one_that_worked(house: House) -> None:
    story = house.story()

    async def landing_page(name: str, approach: str) -> str:
        added = await story.command(f'do task.add title="Landing page for {name}"')
        task = str(added.data["task"])
        await story.command(f'do task.edit task={task} approach="{approach}"')
        await story.command(f"task move {task} doing")
        await story.wait(minutes=30)
        return task

    failed = await landing_page("acme", "use a template")
    await story.command(f"task move {failed} failed because it looked like everybody's")
    for name in ("bolt", "crane"):
        worked = await landing_page(name, "look at the pages that exist")
        await story.command(f"task move {worked} done")
        await story.wait(days=1)
    planned = await story.command("task plan Landing page for dune")
    assert "look at the pages that exist" in planned.text
    assert "Not again: “use a template”" in planned.text


async def test_repos_a_connected_repository_is_known_with_files_and_lines(
    house: House, tmp_path: Path
) -> None:
    story = house.story()
    shop = tmp_path / "shop"
    (shop / "app").mkdir(parents=True)
    (shop / "app" / "auth.py").write_text(
        '"""Who is signed in."""\n\n\ndef check_auth_token(token: str) -> bool:\n'
        '    """Return whether the auth logic lets a token in."""\n    return bool(token)\n'
    )
    (shop / "app" / "orders.py").write_text(
        'def parse_order(line: str) -> dict[str, str]:\n    return {"line": line}\n'
    )
    (shop / "pyproject.toml").write_text('[project]\nname = "shop"\ndependencies = ["fastapi"]\n')
    assert (await story.command(f"connect {shop}", admin=True)).ok
    answer = await story.ask("Where's auth logic?")
    assert "auth.py" in answer.text
    place = answer.citations[0].place
    assert place is not None
    assert str(place.path).endswith("app/auth.py")
    assert place.start_line is not None
    assert place.end_line is not None
    assert place.start_line <= 4 <= place.end_line


async def test_api_what_failed_once_is_sent_right_at_the_first_try_from_then_on(
    house: House,
) -> None:
    story = house.story()
    house.forge.calls.clear()
    failed = await story.agreed("use forge.deploy service=shop region=Europe")
    assert "region must be one of eu-west-1, us-east-1" in failed.text
    assert (await story.press(failed, "Try it with")).ok
    assert "shop runs in eu-west-1" in story.latest().text
    await story.wait(days=3)
    done = await story.agreed("use forge.deploy service=shop region=Europe")
    assert "shop runs in eu-west-1" in done.text
    assert "it worked so once" in done.text
    assert [said["region"] for said in house.forge.called("deploy")] == [
        "Europe", "eu-west-1", "eu-west-1",
    ]  # fmt: skip


async def test_behaviour_what_somebody_does_says_something_to_them_and_to_nobody_else(
    house: House,
) -> None:
    story = house.story()
    for day in range(6):
        at = house.clock.time
        await story.did("music.create", at, params={"genre": "jazz"}, rating=5.0)
        await story.did("task.move", at, success=day > 3)
        await story.wait(days=1)
    mine = await story.command("insights")
    assert "music" in mine.text
    others = await story.command("insights", "bob")
    assert "music" not in others.text
    assert "music" not in (await story.command("insights", channel="general")).text


async def test_feedback_loops_a_task_that_comes_back_is_gone_about_another_way(
    house: House,
) -> None:
    story = house.story()
    added = await story.ask("add a task: Release notes for acme/web by friday")
    assert "due on Friday" in added.text
    (task,) = (await story.command("tasks")).data["tasks"]
    id_ = task["id"]
    await story.command(f'do task.edit task={id_} approach="from the commits"')
    for state in ("doing", "done"):
        await story.command(f"task move {id_} {state}")
        await story.wait(minutes=20)
    back = await story.command(f"task move {id_} todo")
    assert "What went wrong?" in back.text
    why = await story.press(back, "Say why", "It crashes on login and has no tests")
    assert "broken" in why.text
    assert "untested" in why.text
    planned = await story.command(f"task plan {id_}")
    assert "Not again: “from the commits”" in planned.text
    assert "crashes on login" in planned.text
