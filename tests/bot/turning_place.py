"""Turns with tools of our own making: a workspace in which messages and models can act."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import numpy as np

from bot.acting.execute import Acting
from bot.acting.telling import Telling
from bot.acting.turn import Acts
from bot.answer import Answers, Limits, Load
from bot.app import open_mynah
from bot.classify import Classifier
from bot.configured import attending_of, contexts_of, offline_experts
from bot.deliver import Deliveries
from bot.interpret import Interpreter
from bot.interpreting import Interpreting
from bot.learned import Learned
from bot.loading import Loading
from bot.opinions import Opinions
from bot.queue import LEARNING, Queue, Task, turn_queue
from bot.record import Recording
from bot.routing import Limits as Spending
from bot.routing import Routing
from bot.speaking import Speaking
from bot.standing import Standings
from bot.turn import Turns
from integrations.contracts.tools import Tool, ToolResult
from integrations.models.build import open_models
from integrations.models.prices import expected_usd
from learning.lexicon import Lexicon
from learning.roles import declared_strengths
from learning.routing.weights import Weights
from learning.store.store import SEARCH_PATH
from tests.bot.support import BEGIN, RecordingSurface, World

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from bot.settings import Settings
    from integrations.contracts.delivery import Delivery
    from integrations.contracts.tools import Call
    from learning.actions.contract import Effect
    from learning.store.store import Unit

_TITLES = {"task.add": "Add a task", "github.create_issue": "Open an issue", "web.search": "Search"}


def tool(name: str, effect: Effect, *required: str) -> Tool:
    properties = {each: {"type": "string"} for each in required}
    schema = {"type": "object", "properties": properties, "required": [*required]}
    return Tool(name, _TITLES[name], f"{_TITLES[name]}.", schema, effect)


@dataclass(slots=True)
class FewTools:
    """Three tools that always work; keeps how they were called."""

    calls: list[Call] = field(default_factory=list)
    says: str = "It is done."
    offered: Sequence[Tool] = (
        tool("task.add", "own", "title"),
        tool("github.create_issue", "writes", "repo", "title"),
        tool("web.search", "reads", "query"),
    )

    async def tools(self, workspace_id: str) -> Sequence[Tool]:
        del workspace_id
        return self.offered

    async def call(self, call: Call) -> ToolResult:
        self.calls.append(call)
        return ToolResult(self.says)

    async def rule(self, unit: Unit, tool: str) -> str:
        del unit, tool
        return ""

    def used(self) -> list[tuple[str, Mapping[str, Any]]]:
        return [(call.tool, call.params) for call in self.calls]


class FrailRecording(Recording):
    """Dies before it has written what was done, as often as it is told to."""

    deaths = 0

    async def acted(self, *args: Any, **more: Any) -> bool:
        if self.deaths:
            self.deaths -= 1
            raise ConnectionError
        return await super().acted(*args, **more)


@dataclass(slots=True)
class TurningPlace:
    """A world in which turns act."""

    world: World
    kit: FewTools
    acting: Acting
    recording: FrailRecording
    queue: Queue

    async def ask(self, text: str, **more: Any) -> Delivery:
        interaction_id = await self.world.accept(text, **more)
        await self.work_off()
        return self.world.reply_to(interaction_id)

    async def work_off(self) -> None:
        names = [turn_queue(self.world.surface.name), LEARNING]
        await self.queue.work_off(names, 2)

    def status(self) -> list[tuple[str, str, str]]:
        return [
            (str(kind), str(origin), str(status))
            for kind, origin, status in self.world.rows(
                "SELECT kind, origin, status FROM actions WHERE workspace_id = %s ORDER BY id"
            )
        ]

    def about(self, reply: Delivery, label: str) -> UUID:
        """Return the action that a button of a reply is about."""
        (line,) = [button.line for button in reply.buttons if button.label == label]
        (found,) = self.world.rows(
            "SELECT id FROM actions WHERE workspace_id = %s AND replace(id::text, '-', '') = %s",
            line.split()[-1],
        )
        action_id: UUID = found[0]
        return action_id


async def _nothing(**arguments: Any) -> None:
    del arguments


@asynccontextmanager
async def open_turning(settings: Settings, workspace: str) -> AsyncIterator[TurningPlace]:
    """Open a Mynah whose turns have tools, with workers of our own."""
    surface = RecordingSurface(f"chat-{uuid4().hex[:8]}")
    async with AsyncExitStack() as stack:
        mynah = await stack.enter_async_context(
            open_mynah(settings, further=[surface], only=["console"])
        )
        world = World(mynah, surface, workspace)

        def now() -> datetime:
            return BEGIN + timedelta(seconds=next(world.ticks))

        store, surfaces, metrics = mynah.store, mynah.surfaces, mynah.metrics
        queue = await stack.enter_async_context(Queue(mynah.conninfo, SEARCH_PATH))
        offline = offline_experts()
        for expert in offline.values():
            stack.push_async_callback(expert.close)
        models = await stack.enter_async_context(
            open_models(mynah.plan, settings.models(), offline)
        )
        lexicon, load, strengths = Lexicon(), Load(), declared_strengths()
        learned = Learned(
            settings.policy, strengths, settings.incumbent, mynah.embedding.name, now()
        )
        contexts = await contexts_of(settings, stack, mynah.embedding, lexicon)
        routing = Routing(
            models,
            learned,
            Weights.load(settings.quality_per_usd, settings.quality_per_second),
            Spending(1.0, None, None),
            expected_usd,
            load,
            settings.max_tokens,
            settings.turn_timeout_s,
            np.random.default_rng(1),
        )
        standings = Standings(store, queue, surfaces, Opinions())
        kit = FewTools()
        acting = Acting(store, queue, kit, Telling(Speaking(queue, standings, now)), metrics, now)
        recording = FrailRecording(store, queue, now)
        turns = Turns(
            store,
            Loading(store, routing, contexts, now),
            recording,
            contexts,
            await attending_of(settings, stack, store, queue, surfaces, lexicon, now),
            mynah.embedding,
            Classifier(models["router"]),
            Interpreting(store, contexts, Interpreter(models["router"], lexicon), lexicon, now),
            routing,
            Answers(models, offline, Limits(30.0, 1.0), load),
            surfaces,
            mynah.live,
            metrics,
            settings.max_tokens,
            now,
            Acts(store, acting, surfaces),
        )
        deliveries = Deliveries(store, surfaces, standings, metrics, now)
        for task in (
            Task("turn", turns.take, last_words=turns.give_up),
            Task("deliver", deliveries.deliver, last_words=deliveries.give_up),
            Task("act", acting.perform),
            Task("standing", standings.show),
            *(Task(name, _nothing) for name in ("learn", "credit", "act_learn", "act_settle")),
        ):
            queue.add(task)
        yield TurningPlace(world, kit, acting, recording, queue)
