"""The command ``model``: how each expert fares, and who may answer here.

Sequence only. A rule holds for one person, one channel or the whole workspace;
only an admin makes one for everybody, and only an admin goes back to an earlier
state of what was learned.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from integrations.contracts.host import CommandReply
from learning.roles import ROLES, role
from learning.scope import WORKSPACE, channel, person
from learning.store.performance import Performance
from learning.store.rules import RoutingRules
from learning.store.states import States

if TYPE_CHECKING:
    from bot.clock import Clock
    from bot.figures import Figures
    from bot.learned import Learned
    from bot.ledger import Ledger
    from integrations.contracts.host import Person
    from learning.scope import Audience
    from learning.store.performance import ModelPerformance
    from learning.store.rules import Rule
    from learning.store.store import Store

USAGE: Final = "model [pin|ban|free ROLE [here|everywhere]|snapshots|restore VERSION]"
_HOW: Final = (
    "Type `model pin architect`, `model ban senior here`, `model free architect`; without `here` "
    "(this channel) or `everywhere` it holds for you alone."
)
_NOT_TOLD: Final = "How experts fare is told to people of this workspace only."
_PLACES: Final[tuple[list[str], ...]] = ([], ["here"], ["everywhere"])
_NOT_ADMIN: Final = "Only an admin decides that for everybody; leave out `everywhere`."


class Experts:
    """Answers ``model …``.

    Args:
        store: where rules and figures are.
        learned: names what was learned.
        ledger: goes back to what was learned before.
        figures: tells admins what was spent and what is on trial.
        clock: tells the time.
    """

    def __init__(
        self, store: Store, learned: Learned, ledger: Ledger, figures: Figures, clock: Clock
    ) -> None:
        self._store = store
        self._learned = learned
        self._ledger = ledger
        self._figures = figures
        self._clock = clock

    async def run(self, who: Person, rest: str) -> CommandReply:
        """Run what stands behind ``model``."""
        match rest.lower().split():
            case []:
                reply = await self._show(who)
            case ["snapshots"]:
                reply = await self._snapshots(who)
            case ["restore", number] if number.isdecimal():
                reply = await self._restore(who, int(number))
            case ["free"]:
                reply = await self._free(who, "", "")
            case ["free", ("here" | "everywhere") as where]:
                reply = await self._free(who, "", where)
            case ["free", name, *where_] if where_ in _PLACES:
                reply = await self._free(who, name, "".join(where_))
            case [("pin" | "ban") as does, name, *where_] if where_ in _PLACES:
                reply = await self._rule(who, does, name, "".join(where_))
            case _:
                reply = CommandReply(f"I do not understand `model {rest[:60]}`. {_HOW}", ok=False)
        return reply

    async def _show(self, who: Person) -> CommandReply:
        async with self._store.begin(who.workspace_id, None) as unit:
            rows = [] if who.outsider else await Performance(unit).rows()
            rules = await RoutingRules(unit).of(_over(who))
            further = await self._figures.of(unit, self._clock()) if who.admin else {}
        lines = [_line(row) for row in rows if row.runs]
        said = "\n".join(
            [
                "| expert | model | task | asked | answered | rated | time | cost |",
                "|---|---|---|---:|---:|---:|---:|---:|",
                *lines,
            ]
            if lines
            else [_NOT_TOLD]
            if who.outsider
            else ["No expert has been asked yet: " + ", ".join(r.display_name for r in ROLES) + "."]
        )
        ruled = "\n".join(f"- {_rule_words(rule)}" for rule in rules)
        text = f"{said}\n\n{ruled or 'No expert is pinned or banned here.'}\n\n{_HOW}"
        return CommandReply(
            text,
            {
                "performance": [_data(row) for row in rows],
                "roles": self._figures.roles(rows),
                "rules": [
                    {"rule": r.rule, "role": r.role, "audience": str(r.audience)} for r in rules
                ],
                **further,
            },
        )

    async def _rule(self, who: Person, rule: str, name: str, where: str) -> CommandReply:
        try:
            expert = role(name)
        except ValueError as problem:
            return CommandReply(str(problem), ok=False)
        audience = _audience(who, where)
        if isinstance(audience, CommandReply):
            return audience
        now = self._clock()
        async with self._store.begin(who.workspace_id, None) as unit:
            rules = RoutingRules(unit)
            if rule == "pin":
                await rules.pin(audience, expert.name, who.user_id, now)
            else:
                await rules.ban(audience, expert.name, who.user_id, now)
        does = "answers" if rule == "pin" else "is not asked"
        return CommandReply(
            f"{expert.display_name} {does} {_place(audience)} from now on. "
            f"`model free {expert.name}{' ' + where if where else ''}` undoes it.",
            {"rule": rule, "role": expert.name, "audience": str(audience)},
        )

    async def _free(self, who: Person, name: str, where: str) -> CommandReply:
        try:
            freed = role(name).name if name else None
        except ValueError as problem:
            return CommandReply(str(problem), ok=False)
        audience = _audience(who, where)
        if isinstance(audience, CommandReply):
            return audience
        async with self._store.begin(who.workspace_id, None) as unit:
            count = await RoutingRules(unit).free(audience, freed)
        if not count:
            return CommandReply(f"There was no such rule {_place(audience)}.", ok=False)
        return CommandReply(
            f"Whoever is best may answer {_place(audience)} again.", {"removed": count}
        )

    async def _snapshots(self, who: Person) -> CommandReply:
        if who.outsider:
            return CommandReply(_NOT_TOLD, ok=False)
        async with self._store.begin(who.workspace_id, None) as unit:
            kept = await States(unit).snapshots(self._learned.policy_state)
        if not kept:
            return CommandReply("Nothing learned has been put by yet.", {"snapshots": []})
        lines = [f"- `{s.version}` of {s.created_at:%Y-%m-%d %H:%M} UTC: {s.reason}" for s in kept]
        return CommandReply(
            "\n".join(lines) + "\n\n`model restore VERSION` goes back to one.",
            {
                "snapshots": [
                    {
                        "version": s.version,
                        "reason": s.reason,
                        "created_at": s.created_at.isoformat(),
                        "bytes": s.size,
                    }
                    for s in kept
                ]
            },
        )

    async def _restore(self, who: Person, version: int) -> CommandReply:
        if not who.admin:
            return CommandReply("Only an admin can go back to an earlier state.", ok=False)
        async with self._store.begin(who.workspace_id, None) as unit:
            try:
                now_at = await self._ledger.restore(unit, version)
            except LookupError as problem:
                return CommandReply(str(problem), ok=False)
        return CommandReply(
            f"Routing is as it was at version {version}. What was learned since is put by: "
            "`model snapshots` lists it.",
            {"restored": version, "version": now_at},
        )


def _over(who: Person) -> tuple[Audience, ...]:
    here = (channel(who.channel_id),) if who.channel_id else ()
    shared = () if who.outsider else (WORKSPACE,)
    return (*shared, *here, person(who.user_id))


def _audience(who: Person, where: str) -> Audience | CommandReply:
    if where == "everywhere":
        return WORKSPACE if who.admin else CommandReply(_NOT_ADMIN, ok=False)
    if where == "here":
        if who.private or not who.channel_id:
            return CommandReply(
                "This is no channel: leave out `here`, and it holds for you.", ok=False
            )
        return channel(who.channel_id)
    return person(who.user_id)


def _place(audience: Audience) -> str:
    return {"workspace": "everywhere", "channel": "in this channel", "user": "for you"}[
        audience.kind
    ]


def _rule_words(rule: Rule) -> str:
    name = role(rule.role).display_name
    return f"{name} is {'pinned' if rule.rule == 'pin' else 'banned'} {_place(rule.audience)}."


def _line(row: ModelPerformance) -> str:
    rated = "" if row.mean_rating is None else f"{row.mean_rating:.1f} of 5 ({row.rated})"
    cost = "" if not row.mean_cost_usd else f"${row.mean_cost_usd:.4f}"
    answered = "" if row.ok_share is None else f"{row.ok_share:.0%}"
    took = "" if row.mean_latency_ms is None else f"{row.mean_latency_ms / 1e3:.1f} s"
    return (
        f"| {role(row.role).display_name} | {row.model} | {row.task_type} | {row.runs} "
        f"| {answered} | {rated} | {took} | {cost} |"
    )


def _data(row: ModelPerformance) -> dict[str, Any]:
    return {
        "role": row.role,
        "model": row.model,
        "task_type": row.task_type,
        "runs": row.runs,
        "ok_share": row.ok_share,
        "rated": row.rated,
        "mean_rating": row.mean_rating,
        "mean_latency_ms": row.mean_latency_ms,
        "p95_latency_ms": row.p95_latency_ms,
        "mean_cost_usd": None if row.mean_cost_usd is None else float(row.mean_cost_usd),
    }
