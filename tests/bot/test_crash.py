"""Processes that are killed, and processes that are asked to go."""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING

import pytest

from tests.bot.conftest import SCRIPTED
from tests.bot.processes import CommandLine, end_of
from tests.bot.support import OPENAI_KEY, World, rows
from tests.standins.model_wire import Script

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

    from tests.bot.conftest import Opener
    from tests.standins.model_server import ModelServer, Received

pytestmark = pytest.mark.process

CODE = "Write a python function that reverses a list"
READY = "This worker takes jobs"


@pytest.fixture
async def front(opened: Opener, fresh_database: str) -> World:
    """A process that accepts for the console and leaves the work to others."""
    world = await opened(database=fresh_database)
    world.workspace = "local"
    return world


@pytest.fixture
def workers(front: World, models: ModelServer, encryption_key: str, tmp_path: Path) -> CommandLine:
    roles = {f"MYNAH_{name.upper()}": value for name, value in SCRIPTED.items()}
    return CommandLine(
        tmp_path / "worker-home",
        {
            **roles,
            "MYNAH_DATABASE_URL": front.mynah.conninfo,
            "MYNAH_ENCRYPTION_KEYS": encryption_key,
            "MYNAH_POLICY": "static_rules",
            "OPENAI_BASE_URL": models.openai_url,
            "OPENAI_API_KEY": OPENAI_KEY,
        },
    )


async def accepted(front: World, text: str = CODE) -> tuple[UUID, UUID]:
    """Hand a question over as the console does; return its interaction and conversation."""
    message = front.message(text, "you").model_copy(
        update={"surface": "console", "channel_id": "console:you"}
    )
    taken = await front.mynah.host.accept(message)
    assert taken.interaction_id is not None
    assert taken.conversation_id is not None
    return taken.interaction_id, taken.conversation_id


async def shown(front: World, conversation: UUID) -> None:
    """Wait until a reply is shown in a conversation."""
    async with asyncio.timeout(60):
        async with front.mynah.host.watch(front.person("you"), conversation) as events:
            async for event in events:
                if event.kind == "changed":
                    return


def long_ago(front: World) -> None:
    """Make it long ago that a dead worker gave a sign of life."""
    rows(
        front.mynah.conninfo,
        "UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 hour'",
    )


def assert_answered_once(front: World, interaction: UUID) -> None:
    of_it = "interaction_id = %s"
    assert front.count("messages", f"by = 'mynah' AND {of_it}", interaction) == 1
    assert front.rows(
        f"SELECT status FROM outbox WHERE workspace_id = %s AND {of_it}", interaction
    ) == [("delivered",)]
    assert front.count("runs", f"outcome = 'ok' AND {of_it}", interaction) == 1
    assert front.rows(
        "SELECT outcome FROM interactions WHERE workspace_id = %s AND id = %s", interaction
    ) == [("answered",)]


async def test_a_turn_outlives_the_process_that_was_killed_in_it(
    front: World, models: ModelServer, workers: CommandLine
) -> None:
    begun = asyncio.Event()

    def answer(received: Received) -> Script:
        first = not begun.is_set()
        begun.set()
        assert received.model == "first"
        return Script(("Half", " done."), first_delay_s=0, delay_s=60 if first else 0)

    models.answer = answer
    interaction, conversation = await accepted(front)
    async with workers.running("worker", says=READY) as process:
        await asyncio.wait_for(begun.wait(), 30)
        process.send_signal(signal.SIGKILL)
        await process.wait()
    assert front.count("messages", "by = 'mynah'") == 0
    long_ago(front)
    showing = asyncio.create_task(shown(front, conversation))
    async with workers.running("worker", says=READY) as process:
        await showing
        process.send_signal(signal.SIGTERM)
        assert (await end_of(process)).status == 0
    assert_answered_once(front, interaction)
    assert front.rows("SELECT attempts FROM interactions WHERE workspace_id = %s") == [(2,)]
    assert len(models.received) == 2


async def test_the_command_line_takes_up_what_a_killed_one_left(
    front: World, models: ModelServer, workers: CommandLine
) -> None:
    """No worker runs all the time there, and the killed turn holds up its conversation."""
    begun = asyncio.Event()

    def answer(received: Received) -> Script:
        del received
        first = not begun.is_set()
        begun.set()
        return Script(("Done.",), delay_s=60 if first else 0)

    models.answer = answer
    process = await workers.start("ask", CODE)
    await asyncio.wait_for(begun.wait(), 30)
    process.send_signal(signal.SIGKILL)
    await process.communicate()
    long_ago(front)
    ended = await workers.run("ask", "--json", "Write another python function")
    assert ended.data["answer"] == "Done."
    ids = [row[0] for row in front.rows("SELECT id FROM interactions WHERE workspace_id = %s")]
    assert len(ids) == 2
    for id_ in ids:
        assert_answered_once(front, id_)


async def test_a_worker_that_is_asked_to_go_finishes_first(
    front: World, models: ModelServer, workers: CommandLine
) -> None:
    begun = asyncio.Event()

    def answer(received: Received) -> Script:
        del received
        begun.set()
        return Script(("Still ", "done."), delay_s=0.5)

    models.answer = answer
    interaction, _ = await accepted(front)
    async with workers.running("worker", says=READY) as process:
        await asyncio.wait_for(begun.wait(), 30)
        process.send_signal(signal.SIGTERM)
        ended = await end_of(process)
    assert ended.status == 0
    assert "finishing what runs" in ended.err
    assert "Traceback" not in ended.err
    assert front.count("messages", "by = 'mynah' AND interaction_id = %s", interaction) == 1
    left = rows(
        front.mynah.conninfo, "SELECT count(*) FROM procrastinate_jobs WHERE status = 'doing'"
    )
    assert left == [(0,)]
    assert len(models.received) == 1


async def test_a_server_of_its_own_answers_and_goes_with_its_database(tmp_path: Path) -> None:
    mynah = CommandLine(tmp_path / "home")
    async with mynah.running("run", "--port", "0", says="Mynah is at http") as server:
        first, second = await asyncio.gather(
            mynah.run("ask", "What is 6*7?", "--json", "--user", "ann"),
            mynah.run("ask", "What is 6*8?", "--json", "--user", "bob"),
        )
        assert "42" in first.data["answer"]
        assert "48" in second.data["answer"]
        server.send_signal(signal.SIGTERM)
        ended = await end_of(server)
    assert ended.status == 0
    assert "Traceback" not in ended.err
    assert not (tmp_path / "home" / "postgres" / "postmaster.pid").exists()


async def test_two_processes_may_begin_on_the_same_home_at_once(tmp_path: Path) -> None:
    mynah = CommandLine(tmp_path / "home")
    answers = await asyncio.gather(
        mynah.run("ask", "What is 6*7?", "--json", "--user", "ann"),
        mynah.run("ask", "What is 6*8?", "--json", "--user", "ann"),
    )
    assert [ended.status for ended in answers] == [0, 0], [ended.err for ended in answers]
    assert "42" in answers[0].data["answer"]
    assert "48" in answers[1].data["answer"]
    assert not (tmp_path / "home" / "postgres" / "postmaster.pid").exists()
