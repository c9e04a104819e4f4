"""The command line as people and programs use it, on one database."""

from __future__ import annotations

import json
import re
import socket
from typing import TYPE_CHECKING

import pytest

from tests.bot.processes import CommandLine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.database import Server

pytestmark = [pytest.mark.process, pytest.mark.xdist_group("cli")]

ASKED = "Who owns the billing module?"


@pytest.fixture(scope="module")
def mynah(
    database_server: Server, encryption_key: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[CommandLine]:
    with database_server.clone() as conninfo:
        yield CommandLine(
            tmp_path_factory.mktemp("cli") / "home",
            {"MYNAH_DATABASE_URL": conninfo, "MYNAH_ENCRYPTION_KEYS": encryption_key},
        )


async def test_one_persons_journey(mynah: CommandLine, tmp_path: Path) -> None:
    asked = await mynah.run("ask", ASKED, "--json")
    assert asked.status == 0
    first = asked.data
    assert (first["outcome"], first["citations"]) == ("declined", [])
    assert first["interaction"].endswith(first["short_id"][-4:])

    corrected = await mynah.run(
        "learnings", "correct", first["short_id"], "Team Heron owns it.", "--json"
    )
    assert corrected.data == {"ok": True, "corrected": first["interaction"]}
    second = (await mynah.run("ask", ASKED, "--json")).data
    assert "Team Heron owns it." in second["answer"]
    assert second["citations"][0]["mark"] == 1

    reacted = await mynah.run("react", second["short_id"], "👍", "--json")
    assert reacted.data["rating"] == 5.0
    assert reacted.data["learned"]
    taken_back = await mynah.run("react", second["short_id"], "+1", "--remove", "--json")
    assert taken_back.data["rating"] is None

    (learning,) = (await mynah.run("learnings", "list", "--json")).data["learnings"]
    assert learning["answer"] == "Team Heron owns it."
    shown = (await mynah.run("learnings", "show", learning["id"], "--json")).data
    assert shown["learning"] == learning
    why = (await mynah.run("learnings", "why", "--json")).data
    assert why["interaction"] == second["interaction"]

    file = tmp_path / "export.json"
    await mynah.run("learnings", "export", "--to", str(file))
    assert {m["text"] for m in json.loads(file.read_text())["messages"]} >= {ASKED}

    forgotten = await mynah.run("learnings", "forget", learning["id"][-8:], "--json")
    assert forgotten.data == {"ok": True, "forgotten": learning["id"]}
    assert (await mynah.run("learnings", "off", "--json")).data["learning"] is False
    assert (await mynah.run("learnings", "on", "--json")).data["learning"] is True
    assert (await mynah.run("learnings", "forget-me", "--yes", "--json")).data["ok"]
    assert (await mynah.run("learnings", "export", "--json")).data["export"] == {}


async def test_reading_and_counting(mynah: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "pond.md").write_text("# Pond\n\nThe heron Zebulon guards the pond at night.\n")
    read = await mynah.run("ingest", str(tmp_path / "pond.md"), "--json")
    assert (read.data["read"], read.data["skipped"]) == (1, [])
    (source,) = (await mynah.run("sources", "--json")).data["sources"]
    assert source["location"] == str(tmp_path / "pond.md")
    plain = await mynah.run("ask", "Who guards the pond at night?", "--user", "dan")
    assert "Zebulon" in plain.out
    assert re.search(r"^\[1\] pond\.md:\d+", plain.out, re.MULTILINE)
    assert "react: mynah react" in plain.err
    stats = (await mynah.run("stats", "--json")).data
    assert stats["workspaces"]["local"]["recallable"]["knowledge"] >= 1
    assert stats["roles"]["lead"] == "offline:lead"
    assert stats["jobs"].get("todo", 0) == 0, "nothing is left undone"


async def test_who_answers_is_asked_ruled_seeded_and_replayed(mynah: CommandLine) -> None:
    asked = (await mynah.run("ask", "Who are you?", "--role", "architect", "--json")).data
    assert asked["role"] == "architect"
    why = (await mynah.run("learnings", "why", "--json")).data
    assert why["forced"] == "asked"
    pinned = (await mynah.run("model", "pin", "senior", "everywhere", "--json")).data
    assert (pinned["rule"], pinned["role"], pinned["audience"]) == ("pin", "senior", "workspace")
    await mynah.run("ask", "Who are they?")
    assert (await mynah.run("learnings", "why", "--json")).data["forced"] == "pinned"
    shown = await mynah.run("model")
    assert "CodeLlama is pinned everywhere." in shown.out
    assert "offline:extractive" in shown.out
    assert (await mynah.run("model", "free", "everywhere", "--json")).data["removed"] == 1

    seeded = await mynah.run("seed", "--prompts", "8", "--json")
    assert (seeded.data["calls"], seeded.data["known"], seeded.data["spent_usd"]) == (40, 0, 0.0)
    assert "40 questions to ask: about $0.00, at most $0.00." in seeded.err
    again = (await mynah.run("seed", "--prompts", "8", "--json")).data
    assert again["calls"] + again["known"] == 40

    replayed = (await mynah.run("replay", "--policy", "static_rules", "--json")).data
    assert [each["policy"] for each in replayed["evaluations"]] == ["static_rules"]
    table = (await mynah.run("replay", "--policy", "linucb")).out
    assert "linucb" in table
    assert "Nobody has rated any of these choices" in table


async def test_the_database_and_its_doctor(mynah: CommandLine) -> None:
    migrated = await mynah.run("migrate")
    assert (migrated.status, "ready" in migrated.err) == (0, True)
    findings = (await mynah.run("doctor", "--json")).data
    assert findings["ok"], findings
    assert {"home", "database", "due", "embedder", "role lead"} <= {
        finding["name"] for finding in findings["findings"]
    }


@pytest.mark.parametrize(
    ("arguments", "changes", "said"),
    [
        (["ask", "x" * 40_001], {}, "40,001 characters"),
        (["ask", " \u200b "], {}, "the message is empty"),
        (["ask", "Hi"], {"MYNAH_ROLE_LEAD": "opnai:gpt"}, "did you mean 'openai'?"),
        (["ask", "Hi"], {"MYNAH_ROLE_LEAD": "openai:"}, "lacks a model name"),
        (["ask", "Hi"], {"MYNAH_EMBEDDER": "word2vec"}, "word2vec names no embedder"),
        (["ask", "Hi"], {"MYNAH_POLICY": "luck"}, "MYNAH_POLICY: 'luck' is no policy"),
        (["ask", "Hi"], {"MYNAH_WORKERS": "0"}, "MYNAH_WORKERS"),
        (["ask", "Hi"], {"MYNAH_ENCRYPTION_KEYS": "nonsense"}, "doctor --new-key"),
        (["ask", "Hi"], {"MYNAH_ENCRYPTION_KEYS": ""}, "MYNAH_ENCRYPTION_KEYS"),
        (["ingest", "/nowhere/at/all"], {}, "/nowhere/at/all"),
        (["react", "deadbeef", "👍"], {}, "not here any more"),
        (["replay", "--policy", "luck"], {}, "there is no routing policy 'luck'"),
        (["model", "pin", "archtect"], {}, "did you mean 'architect'?"),
        (["react", "%", "👍"], {}, "not here any more"),
        (["learnings", "show", "deadbeef"], {}, "There is no learning"),
        (["run", "--port", "0", "--surface", "telegraph"], {}, "no surface 'telegraph'"),
    ],
    ids=lambda value: "" if isinstance(value, dict) else str(value)[:40],
)
async def test_what_goes_wrong_is_one_sentence(
    mynah: CommandLine, arguments: list[str], changes: dict[str, str], said: str
) -> None:
    assert said in (await mynah.run(*arguments, **changes)).complains()


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://mynah:hunter2@127.0.0.1:9/mynah",
        "postgresql://mynah:hunt@er2/x@127.0.0.1:9/mynah",
        "mysql://mynah:hunter2@127.0.0.1/mynah",
    ],
)
async def test_a_wrong_database_address_is_not_repeated(mynah: CommandLine, url: str) -> None:
    said = (await mynah.run("ask", "Hi", MYNAH_DATABASE_URL=url)).complains()
    assert "MYNAH_DATABASE_URL" in said
    assert "hunt" not in said
    assert "er2" not in said


async def test_a_taken_port_is_said_at_once(mynah: CommandLine) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        said = (await mynah.run("run", "--port", port)).complains()
    assert port in said
    assert "--port" in said


async def test_a_workspace_that_is_not_there_is_not_made(mynah: CommandLine) -> None:
    refused = await mynah.run("sources", "--workspace", "T0NOWHERE")
    assert "there is no workspace 'T0NOWHERE': choose from local" in refused.complains()
