"""A team of scripted models whose routing learns, for the tests of what it learns."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import numpy as np
import pytest

from bot.app import open_mynah
from bot.credit import Crediting
from bot.learned import Learned
from bot.ledger import Ledger
from bot.queue import LEARNING
from learning.lexicon import Lexicon
from learning.roles import declared_strengths
from learning.routing.contract import Context, Option
from learning.routing.guarded import HierarchicalThompson
from learning.routing.registry import DEFAULT, open_policy
from learning.scope import WORKSPACE
from learning.store.arrivals import Arrival, arrive
from learning.store.index import Item, RecallIndex
from learning.store.interactions import Interactions, Run
from learning.store.states import States
from tests.bot.support import (
    BEGIN,
    OPENAI_KEY,
    RecordingSurface,
    World,
    interaction_of,
    settings_of,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    from integrations.contracts.delivery import Delivery
    from integrations.contracts.host import CommandReply
    from learning.roles import RoleName
    from learning.routing.contract import Policy
    from learning.routing.guarded import State
    from learning.store.store import Unit
    from tests.standins.model_server import ModelServer

MODELS = {
    "math": "openai:mathstral",
    "lead": "openai:deepseek",
    "senior": "openai:codellama",
    "architect": "openai:wizardcoder",
}
TEAM: tuple[RoleName, ...] = ("math", "lead", "senior", "architect")
POLICY = f"policy:{DEFAULT}"
CODING = Context({"code": 1.0})


@dataclass(frozen=True, slots=True)
class Place:
    """Where Mynahs of one test are opened."""

    database: str
    key: str
    workspace: str
    home: Path
    models: ModelServer
    ticks: count[int] = field(default_factory=lambda: count(1))

    @asynccontextmanager
    async def open(self, **values: Any) -> AsyncIterator[World]:
        """Open a Mynah in which four scripted models and the built-in router work.

        What is left to chance is the same in every run, and what answers cost or how long they
        take has no say.
        """
        settings = settings_of(
            self.home,
            self.database,
            self.key,
            **{
                "policy": DEFAULT,
                "quality_per_second": 0.0,
                **{f"role_{role}": model for role, model in MODELS.items()},
                "OPENAI_BASE_URL": self.models.openai_url,
                "OPENAI_API_KEY": OPENAI_KEY,
                **values,
            },
        )
        surface = RecordingSurface(f"chat-{uuid4().hex[:8]}")
        async with open_mynah(
            settings,
            further=[surface],
            only=["console"],
            now=lambda: BEGIN + timedelta(seconds=next(self.ticks)),
            rng=np.random.default_rng(1),
        ) as mynah:
            yield World(mynah, surface, self.workspace, self.ticks)


async def ask(
    world: World,
    text: str,
    user: str = "ann",
    channel: str | None = None,
    *,
    role: RoleName = "lead",
    thread: str | None = None,
) -> Delivery:
    """Ask one role something, in a thread of its own if none is named."""
    message = world.message(text, user, channel, thread=thread or uuid4().hex)
    accepted = await world.mynah.host.accept(message.model_copy(update={"role": role}))
    assert accepted.interaction_id is not None
    await world.mynah.work_off()
    return world.reply_to(accepted.interaction_id)


async def as_admin(world: World, line: str) -> CommandReply:
    """Give a command as somebody who may decide for everybody."""
    reply = await world.mynah.host.command(replace(world.person("root"), admin=True), line)
    assert reply.ok, reply.text
    return reply


async def recredit(world: World, interaction_id: UUID) -> None:
    """Do the job of crediting once more."""
    async with world.mynah.store.begin(world.workspace, None) as unit:
        await world.mynah.queue.defer(
            unit,
            "credit",
            queue=LEARNING,
            workspace_id=world.workspace,
            interaction_id=str(interaction_id),
        )
    await world.mynah.work_off()


async def played(
    unit: Unit, user: str = "ann", role: RoleName = "lead", *, thread: str = "played"
) -> UUID:
    """Record a turn that was answered, without playing it."""
    arrival = Arrival("chat", uuid4().hex, "C1", thread, user, WORKSPACE, "a question", BEGIN)
    id_ = (await arrive(unit, arrival, BEGIN)).interaction_id
    interactions, model = Interactions(unit), MODELS[role]
    await interactions.choose(
        id_,
        policy=DEFAULT,
        arm=role,
        model=model,
        model_version=model.partition(":")[2],
        propensity=0.5,
        context={**CODING.as_data(), "length": 9},
        candidates=[
            {"role": name, "model": model, "version": model.partition(":")[2]}
            for name, model in MODELS.items()
        ],
        settings={role: {"variant": {"option": "default", "propensity": 1.0}}},
        now=BEGIN,
    )
    run = Run(role, model, "ok", 9.0, model_version=model.partition(":")[2])
    await interactions.ran(id_, None, [run], BEGIN)
    await interactions.finish(
        id_,
        outcome="answered",
        task_type="code",
        role=role,
        model=model,
        explanation={},
        overhead_ms=1.0,
        now=BEGIN,
    )
    return id_


async def anew(
    world: World, reply: Delivery, role: RoleName | None = None, user: str = "ann"
) -> Delivery:
    """Ask for another answer, of somebody in particular if a role is named."""
    message = world.message("the same again", user, thread=reply.target.thread_id or "main")
    accepted = await world.mynah.host.accept(
        message.model_copy(update={"again": interaction_of(reply), "role": role})
    )
    assert accepted.interaction_id is not None
    await world.mynah.work_off()
    return world.reply_to(accepted.interaction_id)


async def talked_about(world: World, texts: Sequence[str], user: str = "dan") -> None:
    """Let people have talked about things before."""
    vectors = await world.mynah.embedding.passages(texts)
    async with world.mynah.store.begin(world.workspace, None) as unit:
        await RecallIndex(unit).add(
            [
                Item(
                    id=uuid4(),
                    kind="message",
                    audience=WORKSPACE,
                    user_id=user,
                    sequence_id=uuid4(),
                    position=0,
                    speaker=user,
                    occurred_at=BEGIN - timedelta(days=1),
                    text=text,
                    vectors=vector,
                )
                for text, vector in zip(texts, vectors, strict=True)
            ],
            world.mynah.embedding.name,
        )


async def state_of(world: World, name: str = POLICY) -> tuple[int, bytes]:
    """Return version and bytes of a learned state; 0 and nothing if there is none."""
    async with world.mynah.store.begin(world.workspace, None) as unit:
        stored = await States(unit).load(name)
    return (stored.version, stored.state) if stored else (0, b"")


async def policy_of(world: World) -> Policy:
    _, state = await state_of(world)
    return open_policy(DEFAULT, declared_strengths(), None, state or None)


async def estimates(world: World, context: Context = CODING) -> dict[str, tuple[float, float]]:
    """Return what is expected of each role: mean and standard deviation."""
    policy = await policy_of(world)
    options = [Option(role, model.partition(":")[2]) for role, model in MODELS.items()]
    decision = policy.choose(context, options, np.random.default_rng(0), explore=False)
    return {e.arm: (e.mean, e.deviation) for e in decision.estimates}


def tallies(world: World) -> dict[tuple[str, ...], tuple[float, float]]:
    """Return every tally that is not nothing: (user, kind, role, task, option) to its sums."""
    return {
        tuple(key): (round(weight, 9), round(total, 9))
        for *key, weight, total in world.rows(
            'SELECT user_id, kind, role, task_type, "option", weight, total FROM arms '
            "WHERE workspace_id = %s"
        )
        if abs(weight) > 1e-9
    }


def credits_of(world: World, reply: Delivery | UUID) -> dict[str, dict[str, Any]]:
    """Return what is counted for an answer."""
    return dict(
        world.rows(
            "SELECT subject, detail FROM credits WHERE workspace_id = %s AND interaction_id = %s",
            interaction_of(reply),
        )
    )


def close(one: Any, other: Any) -> bool:
    return all(one[key] == pytest.approx(other[key], abs=1e-9) for key in {*one, *other})


def crediting(world: World, embedder: str = "", policy: str = DEFAULT) -> Crediting:
    """Return what another process would credit with."""
    mynah = world.mynah
    name = embedder or mynah.embedding.name
    learned = Learned(policy, declared_strengths(), None, name, BEGIN)
    return Crediting(
        mynah.store, mynah.queue, learned, Ledger(learned, world.later), Lexicon(), world.later
    )


async def answers(world: World, count: int, user: str = "ann") -> list[UUID]:
    """Return answers of the four experts in turn."""
    async with world.mynah.store.begin(world.workspace, None) as unit:
        return [
            await played(unit, user, TEAM[n % len(TEAM)], thread=f"{user}{n}") for n in range(count)
        ]


async def learned_state(world: World) -> State:
    policy = await policy_of(world)
    assert isinstance(policy, HierarchicalThompson)
    return policy.state


async def weights(world: World) -> dict[str, float]:
    """Return the evidence that the policy holds on each role."""
    state = await learned_state(world)
    return {
        option.name: round(float(count), 6)
        for option, count in zip(state.options, state.sums.counts, strict=True)
    }


async def snapshot(world: World) -> int:
    """Put the policy's state aside; return its version."""
    async with world.mynah.store.begin(world.workspace, None) as unit:
        version = await States(unit).snapshot(POLICY, "by a test", BEGIN)
    assert version is not None
    return version
