"""Connecting a project from the console, with a progress bar."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from bot import clock
from bot.app import open_mynah
from bot.console import person_of, teller, workspace_of
from bot.ingest import Progress as Step
from bot.projects import described
from bot.watching import Learned, Watching, parse
from integrations.contracts.knowledge import SourceFailure
from integrations.knowledge.limits import Limits
from learning.scope import WORKSPACE
from learning.scope import person as only

if TYPE_CHECKING:
    from rich.console import Console

    from bot.settings import Settings


async def connect(
    settings: Settings,
    location: str,
    user: str,
    *,
    private: bool,
    console: Console | None,
    workspace: str | None = None,
) -> dict[str, Any]:
    """Connect a project and read it at once; what fails is told, not raised."""
    who = person_of(user, None)
    audience = only(who.user_id) if private else WORKSPACE
    async with open_mynah(settings, progress=teller(console)) as mynah:
        there = await workspace_of(mynah, workspace)
        watching = Watching(mynah.store, mynah.ingestion, Limits(), None, clock.now)
        try:
            id_ = await watching.open(there, who.user_id, audience, parse(location), trusted=True)
        except SourceFailure as failure:
            return {"ok": False, "text": str(failure)}
        with Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            console=console,
            disable=console is None,
            transient=True,
        ) as bar:
            task = bar.add_task("Looking around", total=None)
            last: Learned | SourceFailure | None = None
            async for step in watching.learn(there, id_):
                if isinstance(step, Step):
                    bar.update(
                        task, description=step.text[-60:], completed=step.done, total=step.total
                    )
                else:
                    last = step
    if isinstance(last, Learned):
        line, data = described(last.project, clock.now())
        return {"ok": True, "text": line, **data}
    return {"ok": False, "text": str(last or "The project was disconnected meanwhile.")}
