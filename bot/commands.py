"""The one table of commands, for every surface.

A command gets a person and the rest of its line, and returns Markdown for
people and data for programs. It sees only what that person may see.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from bot.about import data_of, in_full, line_of
from bot.command import Command
from bot.consent import missing
from bot.describe import describe_interaction, describe_learning, short, suffix_of
from bot.experts import USAGE
from bot.readers import audience_here, readable_by, told_to
from integrations.contracts.host import CommandHelp, CommandReply
from integrations.contracts.incoming import clean, readable
from learning.scope import may_tell
from learning.store.actions import Actions
from learning.store.consents import Consents
from learning.store.interactions import Interactions
from learning.store.learnings import Learnings
from learning.store.memories import Memories

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from uuid import UUID

    from bot.about import About
    from bot.clock import Clock
    from bot.consent import Consenting
    from bot.experts import Experts
    from bot.forget import Forgetting
    from bot.hours import Hours
    from bot.sources import Sources
    from bot.taking import Taking
    from integrations.contracts.host import Person
    from learning.memory.contract import Memory
    from learning.store.interactions import Interaction
    from learning.store.learnings import Learning
    from learning.store.store import Store, Unit

_SOMETHING: Final = "Type `help` for the commands."


class Commands:
    """Runs commands.

    Args:
        store: where everything is.
        forgetting: deletes for real.
        sources: answers about what was read.
        experts: answers ``model``.
        about: answers ``me`` and ``remember``.
        taking: answers what people do with what is kept of them.
        consenting: answers ``on``, ``off`` and ``learning``.
        hours: answers ``habits``.
        correct: hands a person's correction to the front door.
        further: commands of other parts of Mynah, which answer for themselves.
        clock: tells the time.
    """

    def __init__(
        self,
        store: Store,
        forgetting: Forgetting,
        sources: Sources,
        experts: Experts,
        about: About,
        taking: Taking,
        consenting: Consenting,
        hours: Hours,
        correct: Callable[[Person, UUID, str], Awaitable[None]],
        further: Sequence[Command],
        clock: Clock,
    ) -> None:
        self._store = store
        self._forgetting = forgetting
        self._about = about
        self._correct = correct
        self._clock = clock
        table = (
            Command("me", "me", "What I know about you, and how you like answers.", about.me),
            Command(
                "remember",
                "remember TEXT",
                "Keep something about you or your work.",
                about.remember,
            ),
            Command("learnings", "learnings", "What I learned from you.", self._list),
            Command("show", "show ID", "One learning or memory in full.", self._show),
            Command(
                "why",
                "why [ID]",
                "Why an answer came out as it did: what was recalled, who was asked, what it cost.",
                self._why,
            ),
            Command("correct", "correct ID TEXT", "Put your answer in place of mine.", self._fix),
            Command(
                "forget",
                "forget ID",
                "Delete a learning, a memory, or a question with its answer.",
                self._forget,
            ),
            Command(
                "forget-me", "forget-me yes", "Delete everything I have of you.", taking.forget_me
            ),
            Command("export", "export", "Everything I have of you, as JSON.", taking.export),
            Command("off", "off", "Stop learning from you.", consenting.off),
            Command("on", "on", "Learn from you.", consenting.on),
            Command(
                "learning",
                "learning [here on|off]",
                "Whether I learn from you; admins decide for everybody here.",
                consenting.learning,
            ),
            Command("habits", "habits", "When you usually ask, and what.", hours.habits),
            Command(
                "nudges",
                "nudges [on|off]",
                "Whether I may write to you first; only after your yes.",
                taking.nudges,
            ),
            Command("model", USAGE, "How each expert fares, and who may answer here.", experts.run),
            Command(
                "knowledge",
                "knowledge [TOPIC]",
                "What I know, by topic and by where it is from.",
                sources.knowledge,
            ),
            Command(
                "sources", "sources", "The folders, files and pages I have read.", sources.list
            ),
            Command(
                "forget-source",
                "forget-source ID",
                "Forget a source you added.",
                sources.forget,
            ),
            *further,
            Command("help", "help", "These commands.", self._help),
        )
        self._table = {command.name: command for command in table}

    def help(self) -> Sequence[CommandHelp]:
        """Return the table."""
        return [CommandHelp(c.name, c.usage, c.summary) for c in self._table.values()]

    async def run(self, who: Person, line: str) -> CommandReply:
        """Run a line such as ``why 4f2a`` or ``learnings forget 4f2a``."""
        words = clean(line).lstrip("/").split(None, 1)
        if not words:
            return await self._help(who, "")
        name, rest = words[0].lower(), words[1] if len(words) > 1 else ""
        if name == "learnings" and rest:  # the long form that the console uses
            name, _, rest = rest.partition(" ")
            name = "learnings" if name == "list" else name
        command = self._table.get(name)
        if command is None:
            names = ", ".join(f"`{known}`" for known in self._table)
            return CommandReply(
                f"There is no command `{name[:40]}`. {_SOMETHING} There are {names}.", ok=False
            )
        return await command.run(who, rest.strip())

    async def _help(self, who: Person, rest: str) -> CommandReply:
        del who, rest
        lines = [f"- `{c.usage}` — {c.summary}" for c in self._table.values()]
        return CommandReply("\n".join(lines), {"commands": [c.usage for c in self._table.values()]})

    async def _list(self, who: Person, rest: str) -> CommandReply:
        del rest
        async with self._store.begin(who.workspace_id, None) as unit:
            held = await Learnings(unit).held(who.user_id)
            known = await Memories(unit).of(who.user_id, now=self._clock())
            lacking = await Consents(unit).lacking(who.user_id, who.surface)
        here = audience_here(who)
        held = [learning for learning in held if may_tell(learning.audience, here)]
        memories = [memory for memory in known if may_tell(memory.audience, here)]
        learns, state = not lacking, f"\n\n{missing(lacking)}" if lacking else ""
        if not held and not memories:
            return CommandReply(
                "I have learned nothing from you yet: react to an answer or correct one." + state,
                {"learnings": [], "memories": [], "learning": learns},
            )
        lines = [f"- `#{short(x.id)}` {describe_learning(x)}" for x in held]
        lines += [line_of(memory) for memory in memories]
        return CommandReply(
            "\n".join(lines) + state,
            {
                "learnings": [_data(x) for x in held],
                "memories": [data_of(memory) for memory in memories],
                "learning": learns,
            },
        )

    async def _show(self, who: Person, rest: str) -> CommandReply:
        if not rest:
            return CommandReply("Say which: `show ID`. `learnings` lists what there is.", ok=False)
        async with self._store.begin(who.workspace_id, None) as unit:
            memory = await _memory(unit, who, rest)
            if memory is not None:
                return CommandReply(
                    await in_full(unit, memory, self._clock()), {"memory": data_of(memory)}
                )
            own = await _own_learning(unit, who, rest)
        async with self._store.begin(who.workspace_id, told_to(who)) as unit:
            found = own or await self._learning(unit, rest)
            if isinstance(found, CommandReply):
                return found
        replaced = found.content.get("replaces")
        parts = [
            f"**{describe_learning(found)}**",
            f"**Question**\n\n{found.content['question']}",
            f"**Answer**\n\n{found.content['answer']}",
        ]
        if replaced:
            parts.append(f"**It replaces**\n\n{replaced}")
        if found.valid_to is not None:
            parts.append(f"_No longer used since {found.valid_to:%Y-%m-%d %H:%M} UTC._")
        return CommandReply("\n\n".join(parts), {"learning": _data(found)})

    async def _why(self, who: Person, rest: str) -> CommandReply:
        async with self._store.begin(who.workspace_id, told_to(who)) as unit:
            found = await self._interaction(unit, who, rest)
            if isinstance(found, CommandReply):
                return found
            text, data = await describe_interaction(unit, found, who.user_id)
        return CommandReply(text, data)

    async def _fix(self, who: Person, rest: str) -> CommandReply:
        id_, _, words = rest.partition(" ")
        if not words.strip():
            return CommandReply("Say what the answer should be: `correct ID TEXT`.", ok=False)
        try:
            words = readable(words)
        except ValueError as problem:
            return CommandReply(str(problem), ok=False)
        async with self._store.begin(who.workspace_id, None) as unit:
            memory = await _memory(unit, who, id_)
            own = await _own_learning(unit, who, id_)
        if memory is not None:
            return await self._about.correct(who, memory, words)
        if own is not None and own.kind == "correction" and own.audience.kind == "channel":
            # Their own words of there, which they may change from anywhere.
            who = replace(who, channel_id=own.audience.id, private=False)
        async with self._store.begin(who.workspace_id, readable_by(who)) as unit:
            found = await self._interaction(unit, who, id_)
        if isinstance(found, CommandReply):
            return found
        await self._correct(who, found.id, words)
        return CommandReply(
            "Thank you. Your answer takes the place of mine.", {"corrected": str(found.id)}
        )

    async def _forget(self, who: Person, rest: str) -> CommandReply:
        if not rest:
            return CommandReply(
                "Say what: `forget ID`. `learnings` lists what I learned, and `why` shows the id "
                "of my latest answer to you.",
                ok=False,
            )
        return await self._forget_one(who, rest)

    async def _forget_one(self, who: Person, rest: str) -> CommandReply:
        async with self._store.begin(who.workspace_id, None) as unit:
            memory = await _memory(unit, who, rest)
            own = await _own_learning(unit, who, rest)
        async with self._store.begin(who.workspace_id, readable_by(who)) as unit:
            learning = own or await self._learning(unit, rest)
            interaction = (
                await self._interaction(unit, who, rest)
                if isinstance(learning, CommandReply)
                else None
            )
        if memory is not None:
            revived = await self._forgetting.memory(who.workspace_id, who.user_id, memory)
            here, now = audience_here(who), self._clock()
            again = [m for m in revived if m.holds(now) and may_tell(m.audience, here)]
            said = (
                "Forgotten. The message it came from is kept; `forget` with that answer's id "
                "deletes it too."
            )
            if again:
                lines = "\n".join(line_of(each) for each in again)
                said += f"\n\nIt had taken the place of this, which holds again:\n\n{lines}"
            return CommandReply(said, {"forgotten": str(memory.id)})
        if not isinstance(learning, CommandReply):
            if learning.user_id != who.user_id:
                return CommandReply("That was learned from somebody else; only they can.", ok=False)
            await self._forgetting.learning(who.workspace_id, who.user_id, learning)
            return CommandReply("Forgotten.", {"forgotten": str(learning.id)})
        if interaction is None or isinstance(interaction, CommandReply):
            return await self._forget_action(who, rest) or learning
        if interaction.user_id != who.user_id:
            return CommandReply("Somebody else asked that; only they can delete it.", ok=False)
        await self._forgetting.interaction(who.workspace_id, who.user_id, interaction)
        return CommandReply(
            "Forgotten: the question, the answer and what was learned from them.",
            {"forgotten": str(interaction.id)},
        )

    async def _forget_action(self, who: Person, text: str) -> CommandReply | None:
        """Delete an action of the person's that an id names, if it does."""
        suffix = suffix_of(text)
        async with self._store.begin(who.workspace_id, readable_by(who)) as unit:
            ids = await Actions(unit).resolve(suffix) if suffix else []
            found = await Actions(unit).find(ids[0]) if len(ids) == 1 else None
        if found is None or found.user_id != who.user_id:
            return None
        await self._forgetting.action(who.workspace_id, who.user_id, found.id)
        return CommandReply("Forgotten. What it did is done.", {"forgotten": str(found.id)})

    async def _learning(self, unit: Unit, text: str) -> Learning | CommandReply:
        learnings = Learnings(unit)
        suffix = suffix_of(text)
        ids = await learnings.resolve(suffix) if suffix else []
        if len(ids) == 1:
            found = await learnings.find(ids)
            if found:
                return found[0]
        return _not_one(text, len(ids), "learning", "`learnings` lists them.")

    async def _interaction(self, unit: Unit, who: Person, text: str) -> Interaction | CommandReply:
        interactions = Interactions(unit)
        if not text:
            latest = await interactions.latest(who.user_id)
            ids = [] if latest is None else [latest]
        else:
            suffix = suffix_of(text)
            ids = await interactions.resolve(suffix) if suffix else []
            if not ids and suffix:
                learned = await Learnings(unit).resolve(suffix)
                ids = [x.learned_from for x in await Learnings(unit).find(learned)]
        if len(ids) == 1 and (found := await interactions.find(ids[0])) is not None:
            return found
        return _not_one(text, len(ids), "answer", "`why` shows the id of my latest to you.")


async def _memory(unit: Unit, who: Person, text: str) -> Memory | None:
    """Return the person's memory that an id names, if those who read along may know of it.

    Others' memories are not theirs to see.

    Args:
        unit: open for all audiences: it may have been said anywhere.
        who: the person, and where they are.
        text: the id.
    """
    suffix = suffix_of(text)
    memories = Memories(unit)
    found = await memories.find(await memories.resolve(suffix)) if suffix else []
    here = audience_here(who)
    mine = [m for m in found if m.user_id == who.user_id and may_tell(m.audience, here)]
    return mine[0] if len(mine) == 1 else None


async def _own_learning(unit: Unit, who: Person, text: str) -> Learning | None:
    """Return what was learned from the person that an id names, wherever that was.

    Args:
        unit: open for all audiences.
        who: the person, and where they are.
        text: the id.
    """
    suffix = suffix_of(text)
    learnings = Learnings(unit)
    found = await learnings.find(await learnings.resolve(suffix)) if suffix else []
    here = audience_here(who)
    mine = [x for x in found if x.user_id == who.user_id and may_tell(x.audience, here)]
    return mine[0] if len(found) == 1 and mine else None


def _not_one(text: str, count: int, what: str, hint: str) -> CommandReply:
    if not text:
        return CommandReply(f"There is no {what} yet.", ok=False)
    if count > 1:
        return CommandReply(f"`{text[:40]}` fits more than one {what}: give more of it.", ok=False)
    return CommandReply(f"There is no {what} `{text[:40]}`. {hint}", ok=False)


def _data(learning: Learning) -> dict[str, Any]:
    return {
        "id": str(learning.id),
        "kind": learning.kind,
        "question": learning.content["question"],
        "answer": learning.content["answer"],
        "rating": learning.rating,
        "confidence": round(learning.confidence, 3),
        "times_used": learning.times_used,
        "learned_from": str(learning.learned_from),
        "created_at": learning.created_at.isoformat(),
        "holds": learning.valid_to is None,
    }
