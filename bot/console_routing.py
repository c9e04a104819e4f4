"""What the command line does about routing: seeding it, and replaying its log."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from bot.app import open_mynah
from bot.configured import LOCAL
from bot.console import teller
from learning.roles import role
from learning.seeding.prompts import picked, seed_prompts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rich.console import Console

    from bot.seed import Estimate
    from bot.settings import Settings
    from learning.routing.evaluation import Interval


async def seed(
    settings: Settings,
    prompts: int | None,
    limit_usd: float | None,
    agreed: Callable[[Estimate], bool],
    console: Console | None,
) -> dict[str, Any] | None:
    """Ask every expert what has a known answer; return what came of it, or nothing if refused.

    Args:
        settings: what the installation says.
        prompts: how many; all when left out.
        limit_usd: what may be spent.
        agreed: is told what it would take, and says whether to go on.
        console: where progress is shown.
    """
    asked = picked(seed_prompts(), prompts) if prompts else seed_prompts()
    async with open_mynah(settings, progress=teller(console)) as mynah:
        estimate = await mynah.seeding.estimate(LOCAL, asked)
        if not await asyncio.to_thread(agreed, estimate):
            return None
        with Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("${task.fields[spent]:.2f}"),
            console=console,
            disable=console is None,
        ) as bar:
            task = bar.add_task("Asking", total=estimate.calls, spent=0.0)
            seeded = await mynah.seeding.run(
                LOCAL,
                asked,
                limit_usd=limit_usd,
                told=lambda at: bar.update(task, completed=at.done, spent=at.spent_usd),
            )
    scores: dict[str, list[float]] = {}
    for (name, _), rewards in seeded.rewards.items():
        scores.setdefault(name, []).extend(rewards)
    means = {name: sum(each) / len(each) for name, each in scores.items() if each}
    shown = ", ".join(f"{role(name).display_name} {mean:.0%}" for name, mean in means.items())
    left = "".join(f" {count} not asked: {why}." for why, count in seeded.left.items())
    return {
        "summary": f"{seeded.calls - sum(seeded.left.values())} asked for ${seeded.spent_usd:.2f}. "
        f"Right answers: {shown or 'none yet'}.{left}",
        "calls": seeded.calls,
        "known": seeded.known,
        "spent_usd": seeded.spent_usd,
        "scores": means,
        "failures": {f"{name}:{kind}": n for (name, kind), n in seeded.failures.items()},
        "left": dict(seeded.left),
    }


async def replay(
    settings: Settings, policies: Sequence[str], limit: int
) -> tuple[dict[str, Any], Table]:
    """Evaluate policies on the log; return the figures, and a table of them."""
    async with open_mynah(settings) as mynah:
        found = await mynah.replaying.replay(LOCAL, policies, limit=limit)
    table = Table(title=f"{found.rated} rated of {found.n} free choices")
    for column in ("policy", "estimate", "95 % interval", "against the log", "worth"):
        table.add_column(column, no_wrap=True)
    logged = "" if found.logged is None else f"{found.logged.value:.3f}"
    table.add_row("as it was", logged, "" if found.logged is None else _interval(found.logged))
    for each in found.evaluations:
        best = each.dr or each.snips
        table.add_row(
            each.policy,
            "" if best is None else f"{best.value:.3f}",
            "" if best is None else _interval(best),
            "" if each.gain is None else f"{each.gain.value:+.3f}",
            f"{each.effective_sample_size:.0f} choices",
        )
    doubts = dict.fromkeys(doubt for each in found.evaluations for doubt in each.warnings)
    table.caption = "\n".join(doubts)
    return found.as_data(), table


def _interval(of: Interval) -> str:
    return f"{of.low:.3f} to {of.high:.3f}"
