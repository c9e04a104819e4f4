"""``mynah model``, ``seed`` and ``replay``: who answers, from what start, and who might better.

The functions become commands in ``bot.cli``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli_base import (
    ERR,
    OUT,
    USER,
    Channel,
    Complaint,
    Json,
    User,
    Workspace,
    command,
    execute,
    print_json,
    say,
)

if TYPE_CHECKING:
    from bot.seed import Estimate
    from bot.settings import Settings


def model(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[pin|ban|free ROLE [here|everywhere]|snapshots|restore VERSION]",
            help="Without words: how each expert fares.",
        ),
    ] = None,
    user: User = USER,
    channel: Channel = None,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """How each expert fares, and who may answer."""
    line = f"model {' '.join(words or ())}"
    command(line, user, channel, as_json=as_json, workspace=workspace)


def seed(
    limit_usd: Annotated[
        float | None, typer.Option(help="Spend at most this many US dollars.", min=0)
    ] = None,
    prompts: Annotated[
        int | None, typer.Option(help="Ask only so many, of every kind and difficulty.", min=1)
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before spending.")] = False,
    as_json: Json = False,
) -> None:
    """Let every expert answer questions with known answers, so that routing starts informed."""
    from bot.console_routing import seed as seed_  # noqa: PLC0415 - keeps `mynah --help` quick

    def agreed(estimate: Estimate) -> bool:
        calls = f"{estimate.calls} question{'' if estimate.calls == 1 else 's'} to ask"
        known = f", {estimate.known} answered before" if estimate.known else ""
        cost = f"about ${estimate.usd_mean:.2f}, at most ${estimate.usd_high:.2f}"
        say(f"{calls}{known}: {cost}.")
        for name in estimate.unknown_prices:
            say(f"The price of {name} is not known; its calls are not in these sums.")
        free = not estimate.usd_high and not estimate.unknown_prices
        return yes or free or typer.confirm("Go on?", err=True)

    async def main(settings: Settings) -> bool:
        done = await seed_(settings, prompts, limit_usd, agreed, None if as_json else ERR)
        if done is None:
            say("Nothing was asked and nothing was spent.")
        elif as_json:
            print_json(done)
        else:
            OUT.print(done["summary"], highlight=False, markup=False)
        return done is not None

    execute(main)


def replay(
    policy: Annotated[
        list[str] | None, typer.Option(help="Only this policy (may be repeated).")
    ] = None,
    limit: Annotated[int, typer.Option(help="The newest so many choices.", min=1)] = 10_000,
    as_json: Json = False,
) -> None:
    """What the log says about policies that were not in charge, before one is switched on."""
    from bot.console_routing import replay as replay_  # noqa: PLC0415 - as above
    from learning.routing.registry import POLICIES  # noqa: PLC0415 - as above

    async def main(settings: Settings) -> bool:
        if unknown := set(policy or ()) - set(POLICIES):
            raise Complaint(
                f"there is no routing policy {min(unknown)!r}; choose from {', '.join(POLICIES)}"
            )
        data, table = await replay_(settings, policy or (), limit)
        if as_json:
            print_json(data)
        else:
            OUT.print(table)
        return True

    execute(main)
