"""Mynah in Slack or Discord under load, beside a bare bot that repeats what it is told.

Everything is real but the platform: its strict stand-in takes its place, in a process of its own,
and what people say is sent from outside the bots, so that it does not count as their work. The
bare bot is slack-bolt or discord.py alone; ours has its embedded PostgreSQL and the built-in
experts. All is on the loopback interface.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tests.benchmarks import rig
from tests.benchmarks.load.children import child
from tests.benchmarks.load.in_discord import InDiscord
from tests.benchmarks.load.in_slack import InSlack
from tests.benchmarks.load.measuring import Load, Plan
from tests.benchmarks.made_up import Author

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tests.benchmarks.load.ground import Ground

_GROUNDS: Final[Mapping[str, type[Ground]]] = {"slack": InSlack, "discord": InDiscord}


def asking(seed: int) -> Callable[[int], list[str]]:
    """Return who thinks up so many questions and remarks."""
    author = Author(seed)
    about = author.messages(400)

    def texts(count: int) -> list[str]:
        told = author.messages(count)
        # Every other message asks, as people do to a bot; the others tell it something.
        return [author.question(about) if n % 2 else told[n].text for n in range(count)]

    return texts


async def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    """Run the benchmark and return its result."""
    load, kind, many = rig.load(), _GROUNDS[arguments.surface], arguments.workspaces
    rate = arguments.rate or kind.rate
    messages = arguments.messages or max(1, round(rate * arguments.seconds / kind.events))
    plan = Plan(rate, messages, arguments.modest_rate, arguments.modest, arguments.patience)
    policies = {}
    with _folder() as folder:
        for policy in ("bare", "mynah"):
            async with child(kind.module, str(many), log=folder / "place.log") as place:
                ground = kind(place, folder)
                async with ground.bare() if policy == "bare" else ground.mynah(many) as bot:
                    texts = asking(arguments.seed)
                    policies[policy] = await Load(ground, texts).measure(bot, plan)
    ratio = policies["mynah"]["cpu_ms_per_message"] / policies["bare"]["cpu_ms_per_message"]
    return {
        "set": "made-up",
        "surface": arguments.surface,
        "rate": rate,
        "workspaces": many,
        "cpu_ratio": round(ratio, 1),
        "machine": rig.machine("embedded", load),
        "policies": {"mynah": policies["mynah"], "bare": policies["bare"]},
    }


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="mynah-load-") as name:
        folder = Path(name)
        folder.chmod(0o711)  # as root the database runs as another user, who must get through
        yield folder


def main() -> None:
    """Read the arguments, measure, print."""
    rig.quiet()
    parser = argparse.ArgumentParser(prog="load", description=__doc__)
    parser.add_argument("--surface", choices=sorted(_GROUNDS), default="slack")
    parser.add_argument("--rate", type=float, help="events a second; Slack 200, Discord 100")
    parser.add_argument("--seconds", type=float, default=10.0, help="at that rate")
    parser.add_argument("--messages", type=int, help="so many, whatever the seconds")
    # Slack takes about four posts a second in a workspace, and the governor keeps to that.
    parser.add_argument("--workspaces", type=int, default=50, help="teams or guilds, in turn")
    parser.add_argument("--modest", type=int, default=30, help="messages one by one")
    parser.add_argument("--modest-rate", type=float, default=2.0, help="of those, a second")
    parser.add_argument("--patience", type=float, default=300.0, help="seconds for the answers")
    parser.add_argument("--seed", type=int, default=1)
    rig.print_result(asyncio.run(measure(parser.parse_args())))


if __name__ == "__main__":
    main()
