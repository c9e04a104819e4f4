"""The one path of every action: permission, doing it, recording it, learning from it.

Sequence only. Whether an action is done is decided in ``learning.actions.approval``, with which
parameters in ``learning.actions.patterns``. What may not be done twice is recorded before it is
begun: whoever finds it begun and not ended knows that nobody can tell.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, Literal
from uuid import UUID

import structlog

from bot.acting.attempt import attempt
from bot.acting.closing import Closing
from bot.acting.decide import Deciding
from bot.acting.known import Knowing, Known
from bot.acting.offers import beside_of, offer_of
from bot.acting.record import PATIENCE_S, Records, ended
from bot.acting.telling import (
    BECAME,
    CANNOT_BE_KEPT,
    begun,
    buttons_of,
    preview,
    retry_button,
    told,
)
from bot.acting.wanted import Executed, Here, Wanted, refused, steady, wished_of
from integrations.contracts.host import Person
from integrations.contracts.tools import Call
from learning.actions.approval import decide
from learning.actions.contract import Acted
from learning.actions.patterns import prepare
from learning.actions.presumed import kept
from learning.actions.redaction import holds_secret, redact
from learning.store.actions import Actions
from learning.store.ids import new_id
from learning.store.tries import Tries

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bot.acting.attempt import Kit
    from bot.acting.telling import Telling
    from bot.clock import Clock
    from bot.metrics import Metrics
    from bot.queue import Queue
    from integrations.contracts.host import CommandReply
    from integrations.contracts.tools import Tool
    from learning.actions.approval import Verdict
    from learning.actions.contract import Try
    from learning.store.store import Store

WAITS: Final = timedelta(hours=24)
"""How long a proposal can be said yes to."""
_QUICK_S: Final = 30.0
_SLOW_S: Final = 900.0
_MAY_LEAVE_UNSAID: Final = frozenset({"person", "model"})
"""Origins for which what somebody likes stands in for what was not said."""
_DELETED: Final = "What this was for was deleted, so I left it."


class Acting:
    """Does what people, models, habits, tasks and times want done.

    Args:
        store: where actions are.
        queue: takes what is done later, and what is learned.
        kit: all tools.
        telling: says what came of it.
        metrics: counts.
        clock: tells the time.
        guests: tells of a tool's name whether people who are not of the workspace may use it;
            all are for them by default.
        quick_s: how long a tool may take while somebody waits.
        slow_s: how long one may that is known to be slow.
    """

    def __init__(
        self,
        store: Store,
        queue: Queue,
        kit: Kit,
        telling: Telling,
        metrics: Metrics,
        clock: Clock,
        *,
        guests: Callable[[str], bool] = bool,
        quick_s: float = _QUICK_S,
        slow_s: float = _SLOW_S,
    ) -> None:
        self._store = store
        self._kit = kit
        self._telling = telling
        self._metrics = metrics
        self._clock = clock
        self._guests = guests
        self._quick_s = quick_s
        self._slow_s = slow_s
        self._records = Records(store, queue, telling, clock)
        self._knowing = Knowing(store, kit)
        self._deciding = Deciding(store, self._records, telling, WAITS, clock)
        self._closing = Closing(
            store, self._records, telling, metrics, quick_s * 3 + PATIENCE_S, clock
        )
        self._log = structlog.get_logger("mynah.acting")

    async def tools(self, who: Person) -> Sequence[Tool]:
        """Return what is switched on where a person is."""
        tools = await self._kit.tools(who.workspace_id)
        return [tool for tool in tools if not who.outsider or self._guests(tool.name)]

    async def execute(self, here: Here, wanted: Wanted) -> Executed:
        """Do what is wanted, or ask whether to.

        Never raises for what a tool does: what went wrong is told.
        """
        workspace_id = here.who.workspace_id
        tool = await self._tool(here.who, wanted.tool)
        if tool is None:
            return refused(f"There is no tool `{wanted.tool[:80]}`. `tools` lists what there is.")
        now = self._clock()
        said = wanted.params if wanted.origin in _MAY_LEAVE_UNSAID else None
        known = await self._knowing.of(here.who, here.audience, tool, said=said, now=now)
        if known.waits and here.conversation_id is not None:
            tool = replace(tool, slow=True)
        wished = {**wanted.params, **known.liked}
        prepared = prepare(wished, tool.parameters, known.tries, now, digest=tool.schema)
        prepared = kept(wished, prepared, tool.parameters)
        acted = Acted(
            id=new_id(),
            user_id=here.who.user_id,
            audience=here.audience,
            kind=tool.name,
            origin=wanted.origin,
            status="running",
            created_at=now,
            asked=redact(dict(wanted.params)),
            params=dict(prepared.params),
            surface=here.who.surface,
            channel_id=here.who.channel_id,
            interaction_id=here.interaction_id,
            conversation_id=here.conversation_id,
            task_id=wanted.task_id,
            approach=wanted.approach,
            project=wanted.project,
            task_type=wanted.task_type,
            after=wanted.after,
        )
        learned = (f"{each.lesson} ({each.because})." for each in prepared.applied if each.because)
        because = (*known.because, *learned)
        verdict = decide(
            tool.effect,
            wanted.origin,
            known.rule,
            known.history,
            tainted=here.tainted,
            now=now,
        )
        if refusal := _refusal(tool, acted, verdict):
            return refused(refusal)
        if tool.effect != "reads":
            twin, failed = await self._twin(workspace_id, acted, tool)
            if twin is not None:
                return twin
            if tool.effect == "own":
                acted = replace(acted, id=steady(acted, failed))
        beside = beside_of(here.who, tool, because, known.liked)
        if verdict.answer == "ask":
            text = preview(tool, acted, verdict.why, because, wanted.summary)
            return await self._keep(workspace_id, replace(acted, status="proposed"), beside, text)
        acted = replace(acted, decided=verdict.decided)
        # Where there is no conversation in which to tell of it, somebody waits for it.
        if (tool.slow and here.conversation_id is not None) or wanted.after:
            if wanted.after:  # nobody waits for it, so what came of it has to say why
                beside["because"] = [wanted.summary, *because]
            text = begun(tool, known.waits)
            return await self._keep(workspace_id, replace(acted, status="approved"), beside, text)
        acted = replace(acted, started_at=now)
        return await self._at_once(here.who, tool, acted, known, because)

    async def decide(
        self,
        who: Person,
        action_id: UUID,
        verdict: Literal["accept", "reject", "change", "stop"],
        text: str = "",
    ) -> CommandReply:
        """Take in what somebody decides about a proposal; deciding twice changes nothing."""
        tools = await self._kit.tools(who.workspace_id)
        reply, here = await self._deciding.decide(who, action_id, verdict, text, tools)
        if here:
            # Where there is no conversation in which to tell of it, it is done while they wait.
            return await self._deciding.reply_of(await self._perform(who.workspace_id, action_id))
        return reply

    async def perform(self, workspace_id: str, action_id: str) -> None:
        """Do what was approved, outside of a turn, and tell what came of it where it was asked."""
        await self._perform(workspace_id, UUID(action_id))

    async def give_up(self, workspace_id: str, action_id: str) -> None:
        """Say of an approved action that it could not be done; the job's last try failed."""
        await self._closing.close(workspace_id, UUID(action_id), {"approved", "running"})

    async def settle(self, workspace_id: str, action_id: str) -> None:
        """Close what is still open when its time is over."""
        await self._closing.settle(workspace_id, action_id)

    async def recover(self) -> None:
        """Close what other processes began and did not end; for when a process starts."""
        await self._closing.recover()

    async def _tool(self, who: Person, name: str) -> Tool | None:
        return next((tool for tool in await self.tools(who) if tool.name == name), None)

    async def _twin(
        self, workspace_id: str, acted: Acted, tool: Tool
    ) -> tuple[Executed | None, int]:
        """Return what came of the same in the same turn, and how often it came to nothing.

        A turn may be taken again.
        """
        if acted.interaction_id is None:
            return None, 0
        async with self._store.begin(workspace_id, None) as unit:
            beside = await Actions(unit).of_interactions([acted.interaction_id])
        same = [x for x in beside if (x.kind, x.asked) == (acted.kind, acted.asked)]
        for other in same:
            if other.status not in {"failed", "rejected", "expired"}:
                return await self._as_it_stands(workspace_id, other, tool), 0
        return None, len(same)

    async def _as_it_stands(self, workspace_id: str, acted: Acted, tool: Tool) -> Executed:
        if acted.status == "proposed":
            text = preview(tool, acted, "", ())
            return Executed(acted.id, "proposed", text, buttons=buttons_of(acted))
        if acted.status == "running":
            await self._closing.close(workspace_id, acted.id, {"running"}, tell=False)
            acted = replace(acted, status="unknown")
        text = str(acted.result.get("text") or f"**{tool.title}**: {BECAME[acted.status]}")
        return Executed(
            acted.id,
            acted.status,
            text,
            data=acted.result.get("data", {}),
            link=acted.result.get("link", ""),
            ok=acted.status != "unknown",
        )

    async def _keep(
        self, workspace_id: str, acted: Acted, beside: Mapping[str, Any], text: str
    ) -> Executed:
        """Record what waits: for a yes, or for its turn."""
        if holds_secret(acted.params):
            return refused(CANNOT_BE_KEPT)
        async with self._store.begin(workspace_id, None) as unit:
            waits = WAITS.total_seconds() if acted.status == "proposed" else self._slow_s * 4
            if not await self._records.begin(unit, acted, beside, within_s=waits):
                return refused(_DELETED)
            if acted.status == "approved":
                await self._records.perform_soon(unit, acted)
            elif acted.after:  # no turn shows it
                await self._telling.over(unit, acted, text, buttons_of(acted))
        self._metrics.action(acted.origin, acted.status)
        buttons = buttons_of(acted) if acted.status == "proposed" else ()
        return Executed(acted.id, acted.status, text, buttons=buttons)

    async def _at_once(
        self, who: Person, tool: Tool, acted: Acted, known: Known, because: Sequence[str]
    ) -> Executed:
        """Do something while somebody waits."""
        writes = tool.effect == "writes"
        if writes:
            kept = replace(acted, params=redact(dict(acted.params)))
            beside = beside_of(who, tool, because, known.liked)
            within_s = self._quick_s * 3 + PATIENCE_S
            async with self._store.begin(who.workspace_id, None) as unit:
                if not await self._records.begin(unit, kept, beside, within_s=within_s):
                    return refused(_DELETED)
        return await self._do(who, tool, acted, known, because, new=not writes)

    async def _perform(self, workspace_id: str, id_: UUID) -> Executed | None:
        """Do what was approved; ``None`` if it is gone, or was done already."""
        async with self._store.begin(workspace_id, None) as unit:
            found = await Actions(unit).open(id_)
        if found is None:
            return None
        acted, beside = found
        if acted.status == "running" and beside.get("effect") != "reads":
            # Another process began it and did not come to its end.
            await self._closing.close(workspace_id, id_, {"running"})
            return None
        who = Person(
            workspace_id,
            acted.user_id,
            acted.surface,
            acted.channel_id,
            private=acted.audience.kind == "user",
            outsider=bool(beside.get("outsider")),
            tz=str(beside.get("tz", "")),
        )
        tool = await self._tool(who, acted.kind)
        known = Known() if tool is None else await self._knowing.of(who, acted.audience, tool)
        known = replace(known, liked=beside.get("liked", {}))
        now = self._clock()
        async with self._store.begin(workspace_id, None) as unit:
            if not await Actions(unit).move(
                id_, {"approved", "running"}, "running", started_at=now
            ):
                return None
            mends = beside.get("mends")
            earlier = [] if mends is None else await Tries(unit).of_action(UUID(mends))
            within_s = (self._slow_s if beside.get("slow") else self._quick_s) * 3 + PATIENCE_S
            await self._records.look_after(unit, id_, within_s)
        acted = replace(acted, status="running", started_at=now)
        if tool is None or known.rule == "off":
            await self._closing.close(
                workspace_id, id_, {"running"}, failed="It is switched off by now."
            )
            return None
        return await self._do(
            who,
            replace(tool, slow=tool.slow or bool(beside.get("slow"))),
            acted,
            known,
            beside.get("because", ()),
            mends=earlier[-1] if earlier else None,
            tell=True,
        )

    async def _do(
        self,
        who: Person,
        tool: Tool,
        acted: Acted,
        known: Known,
        because: Sequence[str],
        *,
        new: bool = False,
        mends: Try | None = None,
        tell: bool = False,
    ) -> Executed:
        """Call the tool, record how it went, and say so."""
        timeout_s = self._slow_s if tool.slow else self._quick_s
        call = Call(tool.name, acted.params, who, acted.id, timeout_s)
        wished = wished_of(acted, known.liked)
        tried = await attempt(self._kit, tool, call, wished, known.tries, self._clock, mends=mends)
        acted = ended(acted, tried, tool.effect, self._clock())
        text = told(tool, acted, tried, because)
        offered = offer_of(who, tool, acted, tried, known.liked, self._clock())
        words = [] if tried.offer is None else [str(each) for each in tried.offer.lessons]
        buttons = () if offered is None else (retry_button(offered[0], words),)
        there = await self._records.over(
            who.workspace_id,
            acted,
            tried.tries,
            new=new,
            offered=offered,
            within_s=WAITS.total_seconds(),
            tell=(text, buttons) if tell else None,
            applied=len(because),
        )
        self._metrics.action(acted.origin, acted.status, tried.time_ms / 1e3)
        self._log.info("acted", tool=tool.name, status=acted.status, tries=len(tried.tries))
        result = tried.result
        return Executed(
            acted.id if there else None,
            acted.status,
            text,
            data={} if result is None else result.data,
            link="" if result is None else result.link,
            buttons=buttons if there else (),
            ok=acted.status == "done",
        )


def _refusal(tool: Tool, acted: Acted, verdict: Verdict) -> str:
    """Return why something is not even begun; empty if it may be."""
    if lacking := _lacking(tool, acted.params):
        return f"**{tool.title}** needs {lacking}: say what it is to be."
    return f"**{tool.title}**: {verdict.why}" if verdict.answer == "refuse" else ""


def _lacking(tool: Tool, params: Mapping[str, Any]) -> str:
    """Return what a tool needs and does not get, in words; empty if it has all."""
    names = [f"`{n}`" for n in tool.parameters.get("required", ()) if params.get(n) is None]
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


__all__ = ["Acting", "Executed", "Here", "Wanted"]
