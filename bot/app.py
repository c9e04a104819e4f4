"""The composition root: every part is constructed here, and nowhere else.

Constructors get what they need, one exit stack takes everything down again in
the opposite order, and nothing exists before ``open_mynah`` is entered.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from bot import clock
from bot.about import About
from bot.accept import Acceptance
from bot.acting.parts import acting_of
from bot.answer import Answers, Load
from bot.answer import Limits as TurnLimits
from bot.classify import Classifier
from bot.commands import Commands
from bot.configured import (
    attending_of,
    contexts_of,
    embedder_settings,
    first_language_model,
    offline_experts,
    surfaces_of,
)
from bot.consent import Consenting
from bot.credit import Crediting
from bot.deliver import Deliveries
from bot.distil import Distilling
from bot.edit import Editing
from bot.embedding import Embedding
from bot.experts import Experts
from bot.feedback import Feedbacks
from bot.figures import Figures
from bot.forget import Forgetting
from bot.habits.parts import habits_of
from bot.host import MynahHost, correction_of
from bot.hours import Hours
from bot.ingest import Ingestion
from bot.installations import KeptInstallations
from bot.interpret import Interpreter
from bot.interpreting import Interpreting
from bot.learn import Remembering
from bot.learned import Learned
from bot.leaving import Leaving
from bot.ledger import Ledger
from bot.live import LiveEvents
from bot.loading import Loading
from bot.memorise import Memorising
from bot.metrics import Metrics
from bot.moving import Moving
from bot.opinions import Opinions
from bot.prompts import Prompts
from bot.prune import Pruning
from bot.queue import LEARNING, Queue, Task, schema_sql, turn_queue
from bot.record import Recording
from bot.reflect import Reflecting
from bot.replay import Replaying
from bot.retention import Retention
from bot.revalidate import Revalidation
from bot.routing import Limits as Spending
from bot.routing import Routing
from bot.schedule import Schedule
from bot.seed import Seeding
from bot.sources import Sources
from bot.standing import Standings
from bot.taking import Taking
from bot.turn import Turns
from integrations.embedders.cached import CachedEmbedder
from integrations.embedders.choose import choose
from integrations.knowledge.limits import Limits as KnowledgeLimits
from integrations.models.build import open_models
from integrations.models.ollama import resolve
from integrations.models.prices import expected_usd
from learning.feedback import ratings_of
from learning.lexicon import Lexicon
from learning.roles import declared_strengths
from learning.routing.weights import Weights
from learning.store.address import conninfo_of
from learning.store.cipher import Cipher
from learning.store.embedded import EmbeddedPostgres
from learning.store.migrate import migrate
from learning.store.notifications import Notifications
from learning.store.store import SEARCH_PATH, Store

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence
    from contextlib import AbstractAsyncContextManager
    from uuid import UUID

    from bot.clock import Clock
    from bot.settings import Settings
    from integrations.contracts.host import Person
    from integrations.contracts.model import Model
    from integrations.contracts.surface import Surface
    from integrations.models.mapping import Plan
    from learning.roles import RoleName

_CACHED_TEXTS = 4_096


@dataclass(frozen=True, slots=True)
class Mynah:
    """A running Mynah, as its entry points use it."""

    settings: Settings
    host: MynahHost
    store: Store
    queue: Queue
    surfaces: Mapping[str, Surface]
    plan: Plan
    embedding: Embedding
    ingestion: Ingestion
    seeding: Seeding
    replaying: Replaying
    metrics: Metrics
    live: LiveEvents
    schedule: Schedule
    conninfo: str

    async def work_off(self) -> None:
        """Work until nothing is left to do here, for processes that do not stay."""
        await self.queue.work_off(self._queues(), self.settings.workers)

    def _queues(self) -> list[str]:
        return [*(turn_queue(name) for name in self.surfaces), LEARNING]

    def work(self) -> AbstractAsyncContextManager[None]:
        """Work on the queue until the block ends."""
        return self.queue.worker(self._queues(), self.settings.workers)


@asynccontextmanager
async def open_database(
    settings: Settings, progress: Callable[[str], None]
) -> AsyncIterator[tuple[str, Cipher]]:
    """Yield how to reach the database, migrated, and the keyring for it.

    Raises:
        StoreUnavailable: with the way to mend it.
    """
    async with AsyncExitStack() as stack:
        keys = [key.get_secret_value() for key in settings.encryption_keys]
        if settings.database_url is not None:
            conninfo = conninfo_of(settings.database_url.get_secret_value())
            cipher = Cipher(keys)
        else:
            server = EmbeddedPostgres(settings.home)
            conninfo = await asyncio.to_thread(server.start, progress)
            stack.push_async_callback(asyncio.to_thread, server.stop)
            cipher = Cipher(keys) if keys else Cipher.from_key_file(settings.home / "keys")
        if await asyncio.to_thread(migrate, conninfo, schema_sql()):
            progress("the tables are up to date")
        yield conninfo, cipher


@asynccontextmanager
async def open_mynah(
    settings: Settings,
    *,
    progress: Callable[[str], None] = lambda _: None,
    only: Sequence[str] = (),
    further: Sequence[Surface] = (),
    models: Mapping[RoleName, Model] | None = None,
    now: Clock = clock.now,
    rng: np.random.Generator | None = None,
) -> AsyncIterator[Mynah]:
    """Construct every part, and take all of them down when the block ends.

    Args:
        settings: what the installation says.
        progress: gets a sentence before each step that takes time.
        only: names of the surfaces to open; all that are configured when empty.
        further: surfaces beside those that the settings speak of, opened in any case.
        models: who plays each role, in place of those that the settings map.
        now: tells the time.
        rng: for policies that explore.

    Raises:
        StoreUnavailable, MappingFailure, EmbedderFailure: with the way to mend it.
    """
    async with AsyncExitStack() as stack:
        conninfo, cipher = await stack.enter_async_context(open_database(settings, progress))
        store = await stack.enter_async_context(Store(conninfo, cipher))
        await store.check_key()
        notifications = await stack.enter_async_context(Notifications(store, cipher))
        live = LiveEvents(notifications)
        metrics = Metrics()

        plan = await resolve(settings.models())
        offline = offline_experts()
        for expert in offline.values():
            stack.push_async_callback(expert.close)
        if models is None:
            models = await stack.enter_async_context(open_models(plan, settings.models(), offline))
        embedder = CachedEmbedder(
            await choose(settings.embedder, embedder_settings(settings)), _CACHED_TEXTS
        )
        stack.push_async_callback(embedder.close)
        embedding = Embedding(embedder, store)

        queue = await stack.enter_async_context(Queue(conninfo, SEARCH_PATH))
        installations = KeptInstallations(store, now)
        surfaces = surfaces_of(settings, stack, live, only, now, installations)
        surfaces |= {surface.name: surface for surface in further}
        ingestion = Ingestion(store, embedding, KnowledgeLimits(), now)
        opinions = Opinions(ratings_of(settings.reactions))
        acceptance = Acceptance(store, queue, now, opinions)

        async def correct(who: Person, interaction_id: UUID, text: str) -> None:
            await acceptance.accept(correction_of(who, interaction_id, text, now))

        lexicon = Lexicon()
        strengths = declared_strengths()
        learned = Learned(settings.policy, strengths, settings.incumbent, embedding.name, now())
        ledger = Ledger(learned, now)
        crediting = Crediting(store, queue, learned, ledger, lexicon, now, opinions)
        memorising = Memorising(embedding)
        standings = Standings(store, queue, surfaces, opinions)
        forgetting = Forgetting(
            store, ledger, crediting, memorising, standings, live, now, opinions
        )
        parts = acting_of(
            settings,
            stack,
            store,
            queue,
            surfaces,
            standings,
            forgetting,
            ingestion,
            embedding,
            metrics,
            now,
        )
        reader = first_language_model(models) if settings.distil == "auto" else None
        weeks = habits_of(
            store, queue, surfaces, parts, forgetting, reader, memorising, metrics, now
        )
        commands = Commands(
            store,
            forgetting,
            Sources(store, ingestion, now),
            Experts(
                store,
                learned,
                ledger,
                Figures(
                    {name: model.id for name, model in models.items()},
                    _spending(settings),
                    settings.policy,
                ),
                now,
            ),
            About(store, memorising, now),
            Taking(store, forgetting, now),
            Consenting(store, now),
            Hours(store, weeks.progressing.week),
            correct,
            (*parts.commands, *weeks.commands),
            now,
        )
        leaving = Leaving(store, queue, surfaces)
        moving = Moving(store, queue, now)
        host = MynahHost(
            store,
            acceptance,
            commands,
            ingestion,
            live,
            metrics,
            Prompts(store, now),
            leaving,
            moving,
            now,
        )
        load = Load()
        routing = Routing(
            models,
            learned,
            Weights.load(settings.quality_per_usd, settings.quality_per_second),
            _spending(settings),
            expected_usd,
            load,
            settings.max_tokens,
            settings.turn_timeout_s,
            rng or np.random.default_rng(),
        )
        contexts = await contexts_of(settings, stack, embedding, lexicon)
        turns = Turns(
            store,
            Loading(store, routing, contexts, now),
            Recording(store, queue, now),
            contexts,
            await attending_of(settings, stack, store, queue, surfaces, lexicon, now),
            embedding,
            Classifier(models["router"]),
            Interpreting(store, contexts, Interpreter(models["router"], lexicon), lexicon, now),
            routing,
            Answers(
                models,
                offline,
                TurnLimits(settings.turn_timeout_s, settings.turn_budget_usd),
                load,
            ),
            surfaces,
            live,
            metrics,
            settings.max_tokens,
            now,
            parts.acts,
        )
        deliveries = Deliveries(store, surfaces, standings, metrics, now, parts.posting.lost)
        distilling = Distilling(store, reader, memorising, lexicon, now)
        remembering = Remembering(
            store, queue, embedding, memorising, distilling, now, parts.noticing
        )
        for task in (
            Task("turn", turns.take, priority=10, last_words=turns.give_up),
            Task(
                "deliver",
                deliveries.deliver,
                priority=20,
                attempts=10,  # a platform may be away for a quarter of an hour
                last_words=deliveries.give_up,
            ),
            Task(
                "feedback",
                Feedbacks(store, queue, embedding, live, standings, opinions, now).apply,
                priority=10,
            ),
            Task("standing", standings.show),
            Task("withdraw", standings.withdraw, priority=5, attempts=8),
            Task("abandon", standings.abandon, priority=5),
            Task("edit", Editing(store, queue, forgetting, ledger, live, now).apply, priority=10),
            Task("credit", crediting.credit),
            Task("topics", crediting.find_topics),
            Task("learn", remembering.learn),
            Task("reflect", Reflecting(store, memorising, now, opinions).reflect),
            Task("distil", distilling.distil, attempts=2),
            Task(
                "prune",
                Pruning(
                    store,
                    memorising,
                    Retention(store, timedelta(days=settings.keep_unlearned_days), now),
                    now,
                ).prune,
            ),
            Task("revalidate", Revalidation(store, ingestion, now).job),
            Task("embed", embedding.catch_up_job),
            Task("move", moving.move),
            Task("leave", leaving.leave, attempts=8, last_words=leaving.give_up),
            *parts.tasks,
            *weeks.tasks,
        ):
            queue.add(task)
        await parts.acting.recover()
        yield Mynah(
            settings,
            host,
            store,
            queue,
            surfaces,
            plan,
            embedding,
            ingestion,
            Seeding(
                store,
                models,
                learned,
                ledger.locked,
                embedding.query,
                expected_usd,
                now,
                max_tokens=settings.max_tokens,
            ),
            Replaying(store, strengths, settings.incumbent),
            metrics,
            live,
            Schedule(store, queue, leaving),
            conninfo,
        )


def _spending(settings: Settings) -> Spending:
    """Return what may be spent."""
    return Spending(
        settings.turn_budget_usd, settings.person_budget_usd, settings.workspace_budget_usd
    )
