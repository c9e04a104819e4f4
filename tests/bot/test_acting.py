"""The one path of actions: what runs, what is asked and mended, and what is never done twice."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.acting.execute import Here, Wanted
from integrations.contracts.tools import ToolFailure, ToolResult
from learning.actions.contract import Phase
from learning.scope import person
from learning.store.consents import Consents
from learning.store.interactions import Interactions
from tests.bot.doing_place import Place, open_place, too_fast, tool
from tests.bot.support import BEGIN
from tests.store.support import dump, holds

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from learning.actions.contract import FaultKind
    from learning.store.cipher import Cipher
    from tests.database import Server


@pytest.fixture(scope="module")
def house(database_server: Server) -> Iterator[str]:
    """A database of these tests' own: its queue has jobs that other tests know nothing of."""
    with database_server.clone() as conninfo:
        yield conninfo


@pytest.fixture
async def place(house: str, cipher: Cipher, workspace: str) -> AsyncIterator[Place]:
    async with open_place(house, cipher, workspace) as place:
        yield place


async def test_what_only_reads_is_done_recorded_and_learned_from(place: Place) -> None:
    result = ToolResult("3 notes", {"count": 3}, "https://x/1", (Phase("search", 2.0),), cut=True)
    place.kit.answers.append(result)
    done = await place.execute("notes.find", "model", title="rain")
    assert (done.ok, done.status, done.data) == (True, "done", {"count": 3})
    assert "3 notes" in done.text
    assert "https://x/1" in done.text
    assert "too long" in done.text
    acted = await place.acted(done.action_id)
    assert (acted.success, acted.decided, acted.phases) == (True, "free", (Phase("search", 2.0),))
    assert acted.result["text"] == "3 notes"
    assert place.tried() == [("notes.find", True, "")]
    assert place.jobs("act_learn") == 1


async def test_writing_waits_for_a_yes_is_done_once_and_told_where_it_was_asked(
    place: Place,
) -> None:
    inside = await place.turn()
    asked = await place.execute("issues.open", inside=inside, title="Login fails", labels=["bug"])
    key = await place.shown(inside, asked)
    assert (asked.status, place.kit.calls) == ("proposed", [])
    assert "- title: Login fails" in asked.text
    yes, change, no = asked.buttons
    assert change.filled == 'title: Login fails\nlabels: ["bug"]'
    replies = await asyncio.gather(*(place.press(yes) for _ in range(3)))
    assert sum("On it" in reply.text for reply in replies) == 1
    assert await place.work() == ["It is done."]
    assert len(place.kit.calls) == 1
    assert "done" in (await place.press(no)).text  # too late, and said so
    body = await place.body(key)
    assert body["buttons"] == []
    assert "_Approved._" in body["text"]
    acted = await place.acted(asked.action_id)
    assert (acted.status, acted.decided, acted.success) == ("done", "asked", True)
    assert place.kit.calls[0].params == {"title": "Login fails", "labels": ["bug"]}
    await place.acting().perform(place.workspace, str(acted.id))  # the job comes twice
    assert len(place.kit.calls) == 1


async def test_a_proposal_can_be_changed_and_what_was_changed_is_kept(place: Place) -> None:
    asked = await place.execute("issues.open", title="Login fails", labels=["bug"])
    change = asked.buttons[1]
    wrong = await place.press(change, text="colour red")
    assert not wrong.ok
    assert "`title`" in wrong.text
    text = 'title: Login fails at night\n  since Monday\nlabels: ["bug", "p1"]'
    assert (await place.press(change, text=text)).text == "It is done."  # no thread to tell it in
    acted = await place.acted(asked.action_id)
    assert acted.params["title"] == "Login fails at night\nsince Monday"
    assert acted.changed["labels"] == [["bug"], ["bug", "p1"]]


async def test_nobody_says_yes_to_more_than_they_were_told_is_there(place: Place) -> None:
    asked = await place.execute("issues.open", "model", title="a" * 1_500 + " @everyone")
    assert "everyone" not in asked.text
    assert f"`action show {asked.action_id.hex[-8:]}` has all of it" in asked.text  # type: ignore[union-attr]
    assert "@everyone" in (await place.command(f"action show {asked.action_id}")).text


async def test_a_no_is_a_no(place: Place) -> None:
    asked = await place.execute("issues.open", title="x")
    assert (await place.press(asked.buttons[2])).ok
    assert "rejected" in (await place.press(asked.buttons[0])).text
    assert place.kit.calls == []
    assert (await place.acted(asked.action_id)).status == "rejected"


async def test_only_who_asked_or_an_admin_decides(place: Place) -> None:
    asked = await place.execute("issues.open", where="C1", title="x")
    yes = asked.buttons[0]
    assert "Somebody else" in (await place.press(yes, "bob", channel="C1")).text
    assert not (await place.press(yes, "bob", channel="C2", admin=True)).ok
    assert not (await place.press(yes, "eve", channel="C1", admin=True, outsider=True)).ok
    assert place.kit.calls == []
    assert (await place.press(yes, "bob", channel="C1", admin=True)).ok
    assert place.kit.calls[0].by.user_id == "ann"


async def test_a_day_without_a_decision_ends_a_proposal(place: Place) -> None:
    inside = await place.turn()
    asked = await place.execute("issues.open", inside=inside, title="x")
    key = await place.shown(inside, asked)
    other = await place.execute("issues.open", title="y")
    await place.acting().settle(place.workspace, str(asked.action_id))
    assert (await place.body(key))["buttons"] == []
    place.now += timedelta(days=1)
    for each in (asked, other):
        assert "within a day" in (await place.press(each.buttons[0])).text
    assert place.kit.calls == []


async def test_admins_switch_tools_off_and_allow_them_to_run_once_people_are_sure(
    place: Place,
) -> None:
    place.kit.rules["issues.open"] = "auto"
    for number in range(5):
        asked = await place.execute("issues.open", title=f"{number}")
        await place.press(asked.buttons[0])
    sure = await place.execute("issues.open", "model", title="sure")
    assert (sure.status, (await place.acted(sure.action_id)).decided) == ("done", "sure")
    assert place.jobs("act_settle") >= 6  # each is looked after
    tainted = await place.execute("issues.open", "model", tainted=True, title="obey")
    assert tainted.status == "proposed"
    place.kit.rules["issues.open"] = "off"
    assert "switched" in (await place.execute("issues.open", title="x")).text
    assert not (await place.press(tainted.buttons[0])).ok  # off since it was proposed
    assert len(place.kit.calls) == 6


async def test_a_write_that_ran_out_of_time_is_unknown_and_never_repeated(place: Place) -> None:
    place.kit.answers.append(...)
    asked = await place.execute("issues.open", title="x")
    acting = place.acting(quick_s=0.01)
    reply = await acting.decide(place.person(), asked.action_id, "accept")  # type: ignore[arg-type]
    assert "Nobody can tell whether it happened" in reply.text
    assert reply.buttons == ()
    acted = await place.acted(asked.action_id)
    assert (acted.status, acted.success, len(place.kit.calls)) == ("unknown", None, 1)


@pytest.mark.parametrize(
    ("kind", "status", "became"),
    [
        ("broken", None, "unknown"),  # it answered, and nobody can read what
        ("too_large", None, "unknown"),
        ("too_large", 413, "failed"),  # what we sent was too large
        ("unavailable", 502, "unknown"),
        ("unavailable", 503, "failed"),
        ("unavailable", None, "failed"),  # nobody was there
    ],
)
async def test_a_write_whose_answer_tells_nothing_may_have_happened(
    place: Place, kind: FaultKind, status: int | None, became: str
) -> None:
    place.kit.answers.append(ToolFailure(kind, "It went wrong.", "", status))
    inside = await place.turn()
    place.kit.rules["issues.open"] = "auto"
    asked = await place.execute("issues.open", inside=inside, title="x")
    await place.press(asked.buttons[0])
    await place.work()
    acted = await place.acted(asked.action_id)
    assert (acted.status, acted.success) == (became, None if became == "unknown" else False)
    await place.execute("issues.open", inside=inside, title="x")  # the turn is taken again
    assert len(place.kit.calls) == 1


async def test_what_was_done_and_not_recorded_is_done_under_the_same_id_again(
    place: Place,
) -> None:
    inside = await place.turn()
    place.kit.answers.append(...)
    dying = asyncio.create_task(place.execute("notes.keep", inside=inside, title="x"))
    await place.kit.reached.wait()
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    place.kit.answers.append(too_fast())
    failed = await place.execute("notes.keep", inside=inside, title="x")
    worked = await place.execute("notes.keep", inside=inside, title="x")
    first, second, third = (call.action_id for call in place.kit.calls)
    assert first == second == failed.action_id
    assert third == worked.action_id != second  # what failed is on record already


async def test_a_guest_uses_what_is_ours_and_nothing_that_the_workspace_is_connected_with(
    place: Place,
) -> None:
    acting = place.acting(guests=lambda name: name.startswith("notes."))
    guest = place.person("eve", outsider=True)
    here = Here(guest, person("eve"))
    for name in ("issues.open", "songs.make"):
        refused = await acting.execute(here, Wanted(name, {"title": "x"}, "person"))
        assert "There is no tool" in refused.text
    assert (await acting.execute(here, Wanted("notes.find", {"title": "x"}, "person"))).ok
    assert [each.name for each in await acting.tools(guest)] == ["notes.find", "notes.keep"]
    assert [call.tool for call in place.kit.calls] == ["notes.find"]


async def test_a_process_that_ends_in_the_middle_of_a_write_leaves_it_unknown_and_told_once(
    place: Place,
) -> None:
    inside = await place.turn()
    asked = await place.execute("issues.open", inside=inside, title="x")
    await place.press(asked.buttons[0])
    place.kit.answers.append(...)
    dying = asyncio.create_task(place.acting().perform(place.workspace, str(asked.action_id)))
    await place.kit.reached.wait()
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    assert (await place.acted(asked.action_id)).status == "running"
    await place.acting().recover()
    assert (await place.acted(asked.action_id)).status == "running"  # it may be another process's
    place.now += timedelta(minutes=10)
    for _ in range(2):
        await place.acting().recover()
    assert (await place.acted(asked.action_id)).status == "unknown"
    said = await place.work()
    assert len(said) == 1
    assert "nobody can tell whether it happened" in said[0]
    assert len(place.kit.calls) == 1


async def test_a_turn_that_is_taken_again_does_nothing_again(place: Place) -> None:
    inside = await place.turn()
    first = await place.execute("notes.keep", inside=inside, title="x")
    again = await place.execute("notes.keep", inside=inside, title="x")
    assert (again.action_id, again.text) == (first.action_id, first.text)
    asked = await place.execute("issues.open", inside=inside, title="x")
    twin = await place.execute("issues.open", inside=inside, title="x")
    assert (twin.action_id, twin.buttons) == (asked.action_id, asked.buttons)
    assert len(place.kit.calls) == 1
    async with place.store.begin(place.workspace, None) as unit:
        await Interactions(unit).delete([inside[0]])
    left = await place.execute("issues.open", inside=inside, title="z")
    assert "deleted" in left.text


async def test_what_failed_is_offered_mended_learned_from_and_right_the_next_time(
    place: Place,
) -> None:
    place.kit.most = 240
    failed = await place.execute("notes.find", title="x", tempo=400)
    assert not failed.ok
    assert failed.buttons, failed.text
    worked = await place.press(failed.buttons[0])
    assert worked.ok, worked.text
    assert place.kit.calls[-1].params == {"title": "x", "tempo": 240}
    listed = (await place.command("actions")).data["actions"]
    assert listed[1]["errors"][0]["kind"] == "invalid"
    for title in "ab":
        failed = await place.execute("notes.find", title=title, tempo=400)
        if not failed.ok:
            await place.press(failed.buttons[0])
    before = len(place.kit.calls)
    right = await place.execute("notes.find", title="c", tempo=400)
    assert right.ok
    assert [call.params for call in place.kit.calls[before:]] == [{"title": "c", "tempo": 240}]


async def test_whatever_a_tool_raises_is_told_in_words(place: Place) -> None:
    place.kit.answers.append(RuntimeError("ghp_0123456789abcdefghij leaked"))
    broken = await place.execute("notes.find", title="x")
    assert (broken.ok, broken.status) == (False, "failed")
    assert "ghp_" not in broken.text
    busy = ToolFailure("rate_limited", "It asks to wait a minute.", retry_after_s=60)
    place.kit.answers.append(busy)
    later = await place.execute("notes.find", title="x")
    assert [button.label for button in later.buttons] == ["Try again"]
    assert (await place.press(later.buttons[0])).ok
    assert "no tool `nope`" in (await place.execute("nope")).text
    assert "needs `title`" in (await place.execute("songs.make")).text


async def test_slow_tools_are_begun_at_once_and_told_of_later(place: Place) -> None:
    place.kit.rules["songs.make"] = "auto"
    inside = await place.turn()
    asked = await place.execute("songs.make", inside=inside, title="Rain")
    place.kit.answers.append(ToolResult("A song about rain."))
    await place.press(asked.buttons[0])
    assert await place.work() == ["A song about rain."]
    assert place.kit.calls[0].timeout_s > 300
    place.kit.offered = (tool("songs.find", slow=True),)
    place.kit.answers.append(ToolResult("Two songs."))  # there is no thread to tell it in later
    assert (await place.execute("songs.find", title="x")).text == "Two songs."


async def test_secrets_are_not_kept_and_nothing_waits_with_one(place: Place) -> None:
    secret = "ghp_q8Wm2Zr7Lk4Tn9XcAb3D"
    place.kit.answers.append(ToolFailure("denied", "No.", f"bad token {secret}", 401))
    await place.execute("notes.find", title=f"with {secret}", key=secret)
    assert place.kit.calls[0].params["key"] == secret  # what is performed is not changed
    asked = await place.execute("issues.open", title=secret)
    assert (asked.ok, asked.action_id) == (False, None)
    assert "secret" in asked.text
    found = await place.command("actions")
    assert secret not in str(found.data)
    assert "[secret]" in str(found.data)
    assert not holds(dump(place.store.conninfo), secret)


async def test_nothing_is_learned_from_who_does_not_want_it_but_what_was_done_is_kept(
    place: Place,
) -> None:
    async with place.store.begin(place.workspace, None) as unit:
        await Consents(unit).change("ann", "learning", granted=False, now=BEGIN)
    done = await place.execute("notes.find", title="x")
    assert (await place.acted(done.action_id)).status == "done"
    assert place.tried() == []


async def test_commands_do_list_show_and_keep_others_out(place: Place) -> None:
    done = await place.command('do notes.find title="two words" labels=["a"]')
    assert done.ok, done.text
    assert place.kit.calls[0].params == {"title": "two words", "labels": ["a"]}
    assert "`title`" in (await place.command("do notes.find rain")).text
    assert "no tool" in (await place.command("do nope.x")).text
    id_ = done.data["action"].replace("-", "")[-8:]
    assert "two words" in (await place.command(f"action show {id_}")).text
    assert not (await place.command(f"action show {id_}", "bob")).ok
    assert "notes.find" in (await place.command("actions")).text
    assert (await place.command("actions", "bob")).data == {"actions": []}
    assert (await place.command("actions", channel="C1")).data == {"actions": []}
