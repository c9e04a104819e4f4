from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.bot.support import interaction_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.bot.support import World

ASKED = "Who owns the billing module?"
RIGHT = "Billing belongs to Team Heron."


async def test_help_lists_the_whole_table(world: World) -> None:
    rows = world.mynah.host.commands()
    reply = await world.command("help")
    assert reply.ok
    for row in rows:
        assert row.usage in reply.text
        assert row.summary in reply.text
    assert (await world.command("")).text == reply.text
    assert (await world.command("/help")).text == reply.text


async def test_an_unknown_command_says_what_to_do(world: World) -> None:
    reply = await world.command("frobnicate now")
    assert not reply.ok
    assert "`frobnicate`" in reply.text
    assert "`help`" in reply.text


async def test_what_was_learned_is_listed_shown_and_deleted(world: World) -> None:
    assert (await world.command("learnings")).data["learnings"] == []
    first = await world.ask(ASKED)
    await world.correct(first, RIGHT)
    listed = await world.command("learnings list")
    (learning,) = listed.data["learnings"]
    assert (learning["kind"], learning["answer"], learning["holds"]) == ("correction", RIGHT, True)
    assert learning["question"] == ASKED
    shown = await world.command(f"show #{learning['id'][-8:]}")
    assert RIGHT in shown.text
    assert "It replaces" in shown.text
    assert shown.data["learning"] == learning
    gone = await world.command(f"learnings forget {learning['id'][-8:]}")
    assert gone.data == {"forgotten": learning["id"]}
    assert (await world.command("learnings")).data["learnings"] == []
    assert not (await world.command(f"show {learning['id']}")).ok
    assert "Heron" not in (await world.ask(ASKED, thread="t2")).text


async def test_why_names_recall_choice_and_cost(world: World) -> None:
    nothing = await world.command("why")
    assert not nothing.ok
    assert "There is no answer yet" in nothing.text
    await world.correct(await world.ask(ASKED, thread="t1"), RIGHT)
    reply = await world.ask(ASKED, thread="t2")
    latest, named = (
        await world.command("why"),
        await world.command(f"why {reply.target.interaction_id}"),
    )
    assert latest == named
    data = latest.data
    assert data["interaction"] == str(interaction_of(reply))
    assert data["policy"] == "static_rules"
    assert data["recalled"][0]["cited"]
    assert data["recalled"][0]["label"]
    assert data["runs"][-1]["outcome"] == "ok"
    assert data["runs"][-1]["latency_ms"] >= 0
    assert {c["role"] for c in data["candidates"]} >= {"lead", "math"}
    for part in ("Who could answer", "What I had in front of me", "Who was asked"):
        assert part in latest.text


async def test_correct_needs_words_and_an_answer(world: World) -> None:
    reply = await world.ask(ASKED)
    id_ = str(interaction_of(reply))
    assert "correct ID TEXT" in (await world.command(f"correct {id_}")).text
    assert not (await world.command(f"correct {id_[-8:-4]}0000 x")).ok
    done = await world.command(f"correct {id_[-8:]} {RIGHT}")
    assert done.data == {"corrected": id_}
    assert RIGHT in (await world.ask(ASKED, thread="t2")).text


async def test_correcting_with_an_unreadable_text_is_refused_in_words(world: World) -> None:
    reply = await world.ask(ASKED)
    answer = await world.command(f"correct {interaction_of(reply)} {'x' * 40_001}")
    assert not answer.ok
    assert "40,000" in answer.text


@pytest.mark.parametrize("id_", ["zzzz", "12", "%%%%", "____", "#", "'; drop", "0000000000000000"])
@pytest.mark.parametrize("command", ["show", "why", "forget"])
async def test_an_id_that_is_none(world: World, command: str, id_: str) -> None:
    await world.ask("What is 2+2?")
    reply = await world.command(f"{command} {id_}")
    assert not reply.ok
    assert id_ in reply.text


async def test_who_names_nothing_loses_nothing(world: World) -> None:
    await world.ask("What is 2+2?")
    for command in ("show", "forget"):
        reply = await world.command(command)
        assert (reply.ok, f"{command} ID" in reply.text) == (False, True)
    assert world.count("interactions") == 1


async def test_an_id_that_fits_two_answers(world: World) -> None:
    id_ = await world.accept("What is 2+2?")
    world.rows(
        "INSERT INTO interactions (workspace_id, id, audience, conversation_id, user_id, surface, "
        "status) SELECT workspace_id, overlay(id::text placing '00000000' from 1)::uuid, audience, "
        "conversation_id, user_id, surface, status FROM interactions WHERE workspace_id = %s"
    )
    for command in ("why", "forget", "correct"):
        reply = await world.command(f"{command} {id_.hex[-8:]} words")
        assert not reply.ok
    reply = await world.command(f"why {id_.hex[-8:]}")
    assert "fits more than one answer" in reply.text
    assert (await world.command(f"why {id_}")).ok


async def test_a_forgotten_answer_is_gone_with_all_that_came_of_it(world: World) -> None:
    await world.ask("Remember: our launch codename is QUETZAL.", thread="t0")
    first = await world.ask("What is our launch codename?", thread="t1")
    assert "QUETZAL" in first.text
    await world.react(first)
    reply = await world.command(f"forget {interaction_of(first)}")
    assert reply.ok
    for table in ("learnings", "signals"):
        assert world.count(table) == 0
    assert world.count("interactions") == 1
    assert await world.mynah.host.transcript(world.person(), first.target.conversation_id) == []


async def test_a_reaction_does_not_bring_back_what_was_forgotten(world: World) -> None:
    reply = await world.ask("What is 2+2?")
    await world.react(reply)
    (learning,) = (await world.command("learnings")).data["learnings"]
    await world.command(f"forget {learning['id']}")
    await world.react(reply, removed=True)
    await world.react(reply, "🎉")
    assert (await world.command("learnings")).data["learnings"] == []
    assert world.count("learnings") == 0


async def test_others_learnings_are_not_ones_to_forget(world: World) -> None:
    reply = await world.ask(ASKED, "ann", "C1")
    await world.correct(reply, RIGHT, "bob", "C1")
    (learning,) = (await world.command("learnings", "bob", "C1")).data["learnings"]
    assert (await world.command("learnings", "ann", "C1")).data["learnings"] == []
    for line in (f"forget {learning['id']}",):
        refused = await world.command(line, "ann", "C1")
        assert not refused.ok
        assert "only they can" in refused.text
    refused = await world.command(f"forget {interaction_of(reply)}", "bob", "C1")
    assert not refused.ok
    assert "only they can" in refused.text
    assert (await world.command(f"forget {learning['id']}", "bob", "C1")).ok


async def test_export_holds_everything_of_one_person_and_nobody_elses(world: World) -> None:
    reply = await world.ask("What is 2+2?", "ann")
    await world.react(reply, "👍", "ann")
    await world.ask("What is 31337+0?", "bob")
    exported = (await world.command("export", "ann")).data["export"]
    assert {"conversations", "interactions", "messages", "signals", "learnings"} <= set(exported)
    assert [m["text"] for m in exported["messages"] if m["by"] == "person"] == ["What is 2+2?"]
    assert exported["signals"][0]["value"] == "👍"
    assert "31337" not in str(exported)


async def test_forget_me_asks_first_and_then_leaves_nothing(world: World) -> None:
    await world.ask("Remember: our launch codename is QUETZAL.", thread="t0")
    reply = await world.ask("What is our launch codename?", thread="t1")
    assert "QUETZAL" in reply.text
    await world.react(reply)
    await world.ask("What is 1+1?", "bob")
    refused = await world.command("forget-me")
    assert not refused.ok
    assert "forget-me yes" in refused.text
    assert world.count("messages", "author_id = 'ann'") == 2
    done = await world.command("forget-me yes")
    assert done.ok
    assert sum(done.data["deleted"].values()) > 0
    for table, column in (
        ("conversations", "user_id"),
        ("interactions", "user_id"),
        ("messages", "author_id"),
        ("signals", "user_id"),
        ("learnings", "user_id"),
        ("recall_items", "user_id"),
    ):
        assert world.count(table, f"{column} = 'ann'") == 0, table
    assert (await world.command("export")).data["export"] == {}
    assert world.count("interactions", "user_id = 'bob'") == 1
    assert "QUETZAL" not in (await world.ask("What is our launch codename?", thread="t2")).text


async def test_off_and_on_are_shown(world: World) -> None:
    assert (await world.command("learnings")).data["learning"] is True
    assert (await world.command("off")).data == {"learning": False}
    listed = await world.command("learnings")
    assert listed.data["learning"] is False
    assert "**off**" in listed.text
    assert (await world.command("on")).data == {"learning": True}
    assert "**off**" not in (await world.command("learnings")).text


async def test_sources_are_listed_and_forgotten_by_who_added_them(
    world: World, tmp_path: Path
) -> None:
    assert (await world.command("sources")).data["sources"] == []
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "birds.md").write_text("# Birds\n\nThe heron Zebulon guards the pond at night.\n")
    await world.ingest(folder)
    (source,) = (await world.command("sources", "bob")).data["sources"]
    assert (source["kind"], source["files"]) == ("folder", 1)
    asked = "Who guards the pond at night?"
    assert "Zebulon" in (await world.ask(asked, thread="t1")).text
    refused = await world.command(f"forget-source {source['id'][-8:]}", "bob")
    assert "only they can" in refused.text
    assert not (await world.command("forget-source")).ok
    assert not (await world.command("forget-source 00000000")).ok
    assert (await world.command(f"forget-source {source['id'][-8:]}")).ok
    assert (await world.command("sources")).data["sources"] == []
    assert world.count("knowledge") == 0
    assert world.count("recall_items", "kind = 'knowledge'") == 0
    assert "Zebulon" not in (await world.ask(asked, thread="t2")).text
