"""What Mynah makes of what it learned, one story each: patterns, errors, time, preferences, and
what usually comes next.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from learning.actions.contract import Phase
from tests.bot.lmnh_place import House, open_house

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from tests.bot.lmnh_place import Story
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


async def test_pattern_after_ten_songs_a_song_is_suggested_as_they_like_it(house: House) -> None:
    story = house.story()
    for number in range(8):
        heard = {"prompt": f"song {number}", "genre": "hip-hop", "tempo": str(140 + number % 2 * 4)}
        await story.did("music.create", house.clock.time, params=heard, asked=heard, rating=5.0)
        await story.wait(days=1)
    for theme in ("the sea", "the rain"):
        song = await story.ask(f"Create a hip-hop song at 140 bpm about {theme}")
        await story.press(song, "Do it")
        await story.react(song, "👍")
    suggested = await story.ask("Make me a song")
    assert "Hip-hop at 140 bpm, as you like them" in suggested.text
    await story.press(suggested, "Do it")
    made = house.music.songs[-1]
    assert (made["genre"], made["tempo"]) == ("hip-hop", "140")
    others = await story.ask("Make me a song", "bob")
    assert "hip-hop" not in others.text.casefold()
    jazz = await story.ask("Make me a jazz song")
    assert "genre: jazz" in jazz.text


async def test_error_what_was_mended_once_is_mended_before_anybody_notices(house: House) -> None:
    story = house.story()
    failed = await story.agreed("use forge.run project=shop script=build")
    assert "Module not found" in failed.text
    mended = await story.agreed("use forge.run project=shop script=build install=true")
    assert "build of shop passed" in mended.text
    await story.wait(days=1)
    # Another project, where the same would be missing: nobody sees it fail.
    done = await story.agreed("use forge.run project=blog script=build")
    assert "build of blog passed" in done.text
    assert [said["install"] for said in house.forge.called("run")] == [False, True, False, True]


async def test_optimisation_what_keeps_people_waiting_goes_on_in_the_background(
    house: House,
) -> None:
    story = house.story()
    repo = house.github.repo("acme/api")
    run = repo.run()
    waited = [Phase("queue", 120_000.0, waiting=True), Phase("build", 480_000.0, waiting=True)]
    for day in (3, 2, 1):
        await story.did(
            "github.wait_for_run",
            house.clock.time - timedelta(days=day),
            params={"repo": "acme/api", "run_id": run["id"]},
            time_ms=600_000.0,
            phases=tuple(waited),
        )
    begun = await story.ask(f"use github.wait_for_run repo=acme/api run_id={run['id']}")
    assert "I have begun" in begun.text
    assert "8 minutes of 10 minutes went into waiting for “build”" in begun.text
    await story.mynah.work_off()
    assert "success" in story.latest().text


async def test_preference_a_new_project_is_suggested_as_the_others_were(house: House) -> None:
    story = house.story()
    for name in ("shop", "blog", "docs", "wiki", "mail"):
        await story.agreed(
            f"use forge.create_project name={name} language=TypeScript dark_mode=true host=Vercel"
        )
        await story.wait(days=7)
    suggested = await story.ask("use forge.create_project name=next")
    for preference in ("dark mode: yes", "TypeScript", "host: Vercel"):
        assert preference in suggested.text
    assert (await story.change(suggested, "TypeScript", "Python")).ok
    assert house.forge.called("create_project")[-1] == {
        "name": "next", "language": "Python", "dark_mode": True, "host": "Vercel",
    }  # fmt: skip


async def test_integration_after_merging_the_usual_post_is_one_tap_away(house: House) -> None:
    story = house.story()
    repo = house.github.repo("acme/web")
    repo.branches |= {f"fix-{number}": f"{number}" * 40 for number in range(1, 6)}
    for number in range(1, 6):
        repo.propose({"title": f"Fix {number}", "head": f"fix-{number}", "base": "main"}, "ada", "")
    for number in range(1, 5):
        await merge(story, number)
        link = f"{house.github.api_url}/acme/web/pull/{number}"
        await story.agreed(f"post to #dev: Merged {link}")
        await story.wait(days=1)
    await merge(story, 5)
    offered = story.latest()
    assert "You usually do this next" in offered.text
    assert "/acme/web/pull/5" in offered.text
    assert [each.label for each in offered.buttons] == ["Do it", "Change", "No", "Stop these"]
    await story.press(offered, "Do it")
    assert story.actions()[-1] == ("post.message", "pattern", "done")
    assert any("/acme/web/pull/5" in text for text in posted(house))


async def merge(story: Story, number: int) -> None:
    merged = await story.agreed(f"merge acme/web#{number}")
    assert "Merged" in "".join(story.said()), merged.text


def posted(house: House) -> list[str]:
    """Return what people in #dev see."""
    shown = house.surface.shown.values()
    return [each.text for each in shown if each.target.channel_id == "dev"]
