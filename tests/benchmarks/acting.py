"""What the path of actions adds to a tool: knowing, deciding, filling in, redacting, recording.

Run it as ``python -m tests.benchmarks.acting``. The tools do nothing, so that what is measured is
ours alone; beside it stands the bare call. A hundred calls of each are known beforehand. What
writes is proposed, and measured from somebody's yes. Recording alone is measured too: taking
secrets out of what was sent and what came back, and keeping it with what follows from it. Beside
that stands a transaction that writes one row of the same size, by the driver alone.
"""

from __future__ import annotations

import argparse
import asyncio
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

import psycopg

from bot import clock
from bot.acting.attempt import Tried
from bot.acting.execute import Acting, Here, Wanted
from bot.acting.record import Records, ended
from bot.acting.telling import Telling
from bot.app import open_database
from bot.metrics import Metrics
from bot.queue import Queue, Task
from integrations.contracts.host import Person
from integrations.contracts.tools import Call, Tool, ToolResult
from learning.actions.contract import Acted, Try
from learning.actions.redaction import redact
from learning.scope import person
from learning.store.store import SEARCH_PATH, Store
from tests.benchmarks import rig

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from learning.actions.contract import Effect
    from learning.store.store import Unit

_WORKSPACE: Final = "bench"
_WARM_UP: Final = 100
_ROW_BYTES: Final = 1_500
_PARAMS: Final = {"title": "Login fails on Mondays", "body": "words " * 40, "labels": ["bug"]}


class _Instant:
    """Tools that answer at once."""

    def __init__(self) -> None:
        schema = {"type": "object", "properties": {name: {} for name in _PARAMS}}
        effects: tuple[Effect, ...] = ("reads", "own", "writes")
        self._tools = [Tool(f"bench.{e}", e, "", schema, e, "title") for e in effects]

    async def tools(self, workspace_id: str) -> Sequence[Tool]:
        del workspace_id
        return self._tools

    async def call(self, call: Call) -> ToolResult:
        del call
        return ToolResult("Done. " * 50, {"number": 12})

    async def rule(self, unit: Unit, tool: str) -> str:
        del unit, tool
        return ""


class _Mute:
    """Says nothing: nothing is done outside of a turn here."""

    async def say(self, unit: Unit, **_: Any) -> None:
        del unit

    async def restate(self, unit: Unit, key: str, **_: Any) -> bool:
        del unit, key
        return False


async def _nothing(**_: str) -> None:
    pass


async def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return what an action takes beside its tool, and what the bare call takes."""
    load = rig.load()
    async with (
        rig.settings_for_a_run() as settings,
        open_database(settings, lambda _: None) as (conninfo, cipher),
        Store(conninfo, cipher) as store,
        Queue(conninfo, SEARCH_PATH) as queue,
    ):
        for name in ("act", "act_settle", "act_learn"):
            queue.add(Task(name, _nothing))
        figures = await _figures(_Instant(), store, queue, arguments)
        version = await rig.postgres_version(conninfo)
        row = rig.percentiles("recording", await _one_row(conninfo, arguments.actions))
    bare = figures.pop("bare_call")
    return {
        "set": "acting",
        "actions": arguments.actions,
        "policies": {
            "mynah": {
                key: figure
                for name, times in figures.items()
                for key, figure in rig.percentiles(name, times[_WARM_UP:]).items()
            },
            "bare_call": rig.percentiles("added", bare[_WARM_UP:]),
            "one_row": row,
        },
        "machine": rig.machine(version, load),
    }


async def _figures(
    kit: _Instant, store: Store, queue: Queue, arguments: argparse.Namespace
) -> dict[str, list[float]]:
    """Return what each way took, in milliseconds."""
    telling = Telling(_Mute())
    acting = Acting(store, queue, kit, telling, Metrics(), clock.now)
    records = Records(store, queue, telling, clock.now)
    who = Person(_WORKSPACE, "ada", "web")
    here = Here(who, person("ada"))
    took: dict[str, list[float]] = defaultdict(list)
    with rig.progress() as shown:
        for number in shown.track(range(arguments.actions + _WARM_UP), description="actions"):
            params = {**_PARAMS, "title": f"{_PARAMS['title']} {number}"}
            for effect in ("reads", "own"):
                with rig.timed(took[f"{effect}_added"]):
                    done = await acting.execute(here, Wanted(f"bench.{effect}", params, "person"))
                assert done.ok, done.text
            asked = await acting.execute(here, Wanted("bench.writes", params, "person"))
            assert asked.action_id is not None, asked.text
            with rig.timed(took["approved_added"]):
                reply = await acting.decide(who, asked.action_id, "accept")
            assert reply.ok, reply.text
            call = Call("bench.recorded", params, who, uuid4())
            with rig.timed(took["bare_call"]):
                result = await kit.call(call)
            made = Acted(
                call.action_id, "ada", here.audience, call.tool, "person", "running",
                clock.now(), redact(params), params, surface="web",
            )  # fmt: skip
            with rig.timed(took["recording"]):
                await _record(records, made, params, result)
    return took


async def _record(
    records: Records, made: Acted, params: Mapping[str, Any], result: ToolResult
) -> None:
    """Record an action that worked, as the path does after it called a tool."""
    tried = Try(made.kind, made.asked, redact(dict(params)), ok=True, at=clock.now())
    over = ended(made, Tried((tried,), params, result, None, 0.1), "reads", clock.now())
    assert await records.over(_WORKSPACE, over, [tried], new=True)


async def _one_row(conninfo: str, count: int) -> list[float]:
    """Return what a transaction takes that writes one row, in milliseconds."""
    took: list[float] = []
    async with await psycopg.AsyncConnection.connect(conninfo, autocommit=True) as connection:
        await connection.execute("CREATE TABLE one_row (id uuid PRIMARY KEY, content bytea)")
        for _ in range(count):
            with rig.timed(took):
                await connection.execute(
                    "INSERT INTO one_row VALUES (%s, %s)", [uuid4(), b"x" * _ROW_BYTES]
                )
    return took


def main() -> None:
    """Measure, and print the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--actions", type=int, default=300)
    rig.quiet()
    rig.print_result(asyncio.run(measure(parser.parse_args())))


if __name__ == "__main__":
    main()
