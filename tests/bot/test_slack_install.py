"""Teams come and go: by OAuth over HTTP, with the whole of Mynah and its store behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

from learning.store.store import SEARCH_PATH
from learning.store.workspaces import erase_workspace
from tests.bot.slack_place import Place, open_site, words
from tests.bot.support import rows

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from learning.store.store import Unit
    from tests.bot.slack_place import Site

SECRET = "Our billing service belongs to Team Heron."


@pytest.fixture
async def site(fresh_database: str, encryption_key: str, tmp_path: Path) -> AsyncIterator[Site]:
    async with open_site(tmp_path / "home", fresh_database, encryption_key) as it:
        yield it


def kept_of(conninfo: str, team_id: str) -> dict[str, int]:
    """How often a team is named, by table."""
    found = {}
    tables = rows(conninfo, "SELECT relid::regclass::text FROM pg_stat_user_tables ORDER BY 1")
    with psycopg.connect(conninfo, options=SEARCH_PATH) as connection:
        for (table,) in tables:
            counted = connection.execute(
                f"SELECT count(*) FROM {table} AS t WHERE t::text LIKE %s".encode(),
                [f"%{team_id}%"],
            ).fetchone()
            if counted is not None and counted[0]:
                found[table] = counted[0]
    return found


@pytest.mark.parametrize(
    "order", [("app_uninstalled", "tokens_revoked"), ("tokens_revoked", "app_uninstalled")]
)
async def test_a_team_that_removes_mynah_is_forgotten_and_may_begin_anew(
    site: Site, order: tuple[str, str]
) -> None:
    place, other = await site.place("acme"), await site.place("other")
    for each in (place, other):
        answer = await each.ask(each.ada, each.general, f"{each.called} what is 6 * 7?")
        assert "42" in words(answer)
        await each.team.command(each.ada, each.general, f"/mynah remember {SECRET}")
        await each.team.react(each.bob, answer, "thumbsup")
        await each.work()
        each.hurry()
        await each.work()
    conninfo = site.mynah.conninfo
    assert kept_of(conninfo, place.team.id).keys() >= {"installations", "interactions", "memories"}
    before = kept_of(conninfo, other.team.id)

    told = await place.team.uninstall(order=order)
    assert all(delivery.acked for delivery in told)
    posted = len(place.answers(place.general))
    await place.work()
    place.hurry()
    await place.work()
    assert kept_of(conninfo, place.team.id) == {}
    assert kept_of(conninfo, other.team.id) == before
    # Slack sends it once more, late: there is nothing to do, and nothing comes of it.
    for delivery in told:
        assert not (await place.slack.courier.attempt(delivery)).failure
    await place.work()
    assert kept_of(conninfo, place.team.id) == {}

    assert (await site.install(place.team, place.ada)).status_code == 200
    anew = site.again(place.team, place.ada, place.bob, place.general)
    question = f"{anew.called} which team owns our billing service?"
    reply = await anew.ask(anew.ada, anew.general, question)
    assert "Heron" not in words(reply)
    assert len(anew.answers(anew.general)) == posted + 1
    assert "42" in words(await anew.ask(anew.ada, anew.general, f"{anew.called} what is 6 * 7?"))
    assert "Heron" in str(await known(other))
    assert "Heron" not in str(await known(anew))
    # News of the first removal that comes only now changes nothing.
    for delivery in told:
        assert not (await place.slack.courier.attempt(delivery)).failure
    await anew.work()
    anew.hurry()
    await anew.work()
    assert anew.count("interactions") == 2
    assert "48" in words(await anew.ask(anew.ada, anew.general, f"{anew.called} what is 6 * 8?"))


async def test_what_comes_after_another_process_erased_a_team_brings_nothing_back(
    site: Site,
) -> None:
    async def sure(_: Unit) -> bool:
        return True

    place = await site.place("acme")
    await place.ask(place.ada, place.general, f"{place.called} what is 6 * 7?")
    assert await erase_workspace(site.mynah.store, place.team.id, sure)
    for _ in range(2):
        await place.team.say(place.ada, place.general, f"{place.called} what is 6 * 8?")
        await place.work()
    assert all(delivery.acked for delivery in place.slack.courier.deliveries)
    assert kept_of(site.mynah.conninfo, place.team.id) == {}
    assert (await site.install(place.team, place.ada)).status_code == 200
    anew = site.again(place.team, place.ada, place.bob, place.general)
    assert "48" in words(await anew.ask(anew.ada, anew.general, f"{anew.called} what is 6 * 8?"))


async def known(place: Place) -> list[str]:
    """What Ada is told that Mynah knows of her."""
    before = len(place.whispers(place.ada, place.general))
    await place.team.command(place.ada, place.general, "/mynah me")
    await place.work()
    return place.whispers(place.ada, place.general)[before:]
