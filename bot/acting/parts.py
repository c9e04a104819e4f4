"""What doing things is made of: our own tools, those from outside, and what learns from both.

Part of the composition root: constructors only, in the order in which they need each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.acting.board import Board
from bot.acting.commands import ActionCommands
from bot.acting.connected import given_by, openers
from bot.acting.execute import Acting
from bot.acting.insights import Insights
from bot.acting.issues import Issues
from bot.acting.learning import ActLearning
from bot.acting.plans import Plans
from bot.acting.repositories import GitHubRepositories
from bot.acting.telling import Telling
from bot.acting.tool_commands import ToolCommands
from bot.acting.toolboxes import Toolboxes
from bot.acting.turn import Acts
from bot.habits.completing import Completing
from bot.habits.noticing import Noticing
from bot.habits.zones import on_their_clock, zones_of
from bot.posting import Posting
from bot.projects import Connecting
from bot.queue import Task
from bot.reminders import Reminding
from bot.speaking import Speaking
from bot.tasks import TaskCommands
from bot.watching import Watching
from integrations.knowledge.limits import Limits

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AsyncExitStack

    from bot.clock import Clock
    from bot.command import Command
    from bot.embedding import Embedding
    from bot.forget import Forgetting
    from bot.ingest import Ingestion
    from bot.metrics import Metrics
    from bot.queue import Queue
    from bot.settings import Settings
    from bot.standing import Standings
    from integrations.contracts.surface import Surface
    from learning.store.store import Store


@dataclass(frozen=True, slots=True)
class ActingParts:
    """Everything that does things.

    Attributes:
        acting: the one path of all actions.
        acts: what turns do.
        reminding: reminds people.
        posting: learns of posts that could not be shown.
        speaking: says what nobody asked.
        completing: keeps what people did.
        noticing: takes in what people do, from what they say.
        watching: reads projects.
        commands: their rows of the table of commands.
        tasks: their kinds of jobs.
    """

    acting: Acting
    acts: Acts
    reminding: Reminding
    posting: Posting
    speaking: Speaking
    completing: Completing
    noticing: Noticing
    watching: Watching
    commands: tuple[Command, ...]
    tasks: tuple[Task, ...]


def acting_of(
    settings: Settings,
    stack: AsyncExitStack,
    store: Store,
    queue: Queue,
    surfaces: Mapping[str, Surface],
    standings: Standings,
    forgetting: Forgetting,
    ingestion: Ingestion,
    embedding: Embedding,
    metrics: Metrics,
    now: Clock,
) -> ActingParts:
    """Return what does things; what it opens is closed by the stack.

    Raises:
        SourceInvalid: if the settings describe a source of tools that is none.
    """
    speaking = Speaking(queue, standings, now)
    posting = Posting(store, surfaces, speaking)
    reminding = Reminding(store, queue, surfaces, speaking, now)
    board = Board(store, now)
    toolboxes = Toolboxes(
        store, (posting, reminding, board), given_by(settings), openers(settings), now
    )
    stack.push_async_callback(toolboxes.close)
    acting = Acting(
        store, queue, toolboxes, Telling(speaking), metrics, now, guests=toolboxes.is_own
    )
    actions = ActionCommands(store, acting, forgetting)
    repositories = GitHubRepositories(settings)
    stack.push_async_callback(repositories.close)
    watching = Watching(store, ingestion, Limits(), repositories, now)
    connecting = Connecting(store, queue, ingestion, watching, settings.shares_tools_with, now)
    zone = zones_of(surfaces, store)
    completing = Completing(now)
    noticing = Noticing(store, completing, zone)
    learning = ActLearning(store, embedding, acting, speaking, surfaces, now, zone, noticing)
    return ActingParts(
        acting,
        Acts(store, acting, surfaces, zone, Plans(store, now)),
        reminding,
        posting,
        speaking,
        completing,
        noticing,
        watching,
        on_their_clock(
            store,
            (
                *actions.commands(),
                *ToolCommands(store, toolboxes, now).commands(),
                *TaskCommands(store, board, actions.use, [Issues(actions.use)], now).commands(),
                *reminding.commands(actions.use),
                *connecting.commands(),
                *Insights(store, now).commands(),
            ),
        ),
        (
            Task("act", acting.perform, last_words=acting.give_up),
            Task("act_settle", acting.settle),
            Task("act_learn", learning.learn),
            Task("remind", reminding.remind, attempts=8, last_words=reminding.give_up),
            Task("project", watching.job),
            Task("watch", watching.watch),
        ),
    )
