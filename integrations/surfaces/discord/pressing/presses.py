"""What becomes of commands, menus, buttons and dialogs in Discord.

Decides what is done before Discord is answered (what must not be lost), and what after it (what
may take longer than the three seconds that Discord waits). Refuses to know how a press is drawn,
and who may do what: the host does, and what it refuses is told to who asked, alone.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

import discord
import structlog
from discord import app_commands
from discord.app_commands import CommandTree

from integrations.contracts.host import Refusal
from integrations.contracts.incoming import IncomingChoice, readable
from integrations.surfaces.discord.hearing.places import DIRECT, guild_id_of, ref_of
from integrations.surfaces.discord.hearing.text import quoted
from integrations.surfaces.discord.homes import Homes
from integrations.surfaces.discord.pressing import commands, menus, modals, views
from integrations.surfaces.discord.pressing.asking import Asking
from integrations.surfaces.discord.pressing.origins import at_home, label_of, origin_of
from integrations.surfaces.discord.pressing.private import Private
from integrations.surfaces.discord.pressing.telling import Paper, acknowledge, as_json, tell, within
from integrations.surfaces.discord.pressing.verdicts import Verdicts
from integrations.surfaces.discord.pressing.words import Words
from integrations.surfaces.discord.showing import ids
from integrations.surfaces.discord.showing.footers import offering
from integrations.surfaces.pressable import Offered
from integrations.surfaces.sayings import HOW_TO_RATE, NO_ANSWER, WRONG, sentence
from learning.roles import ROLE_NAMES

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
    from datetime import datetime
    from uuid import UUID

    from integrations.contracts.host import Host
    from integrations.surfaces.discord.pressing.origins import Interaction, Origin
    from integrations.surfaces.discord.showing.ids import Name
    from integrations.surfaces.discord.showing.layout import Row

    Act = Callable[[Interaction, Origin, UUID], Awaitable[None]]

MOST_FILES: Final = 10
"""Files of one message."""
ERASE: Final = "forget-me"
"""Asks whether it is meant."""
EXPORT: Final = "mynah-export.json"
NOT_YOURS: Final = (
    "Somebody else wrote that, and I would remember it as yours. Say it in your own words with "
    "`/mynah remember`."
)
SURE: Final = "Forget the question, the answer and what was learned from them?"
SLOW: Final = "That took me too long to open. Press it once more."
OLD: Final = "I no longer know that button. A newer answer of mine has one that works."


class Presses:
    """Does what people ask for by commands, menus, buttons and dialogs.

    Args:
        host: Mynah.
        private: shows what only an interaction can.
        homes: knows on whose behalf we wrote to people.
        now: tells the time.
        offered: the buttons that this process showed.
    """

    def __init__(
        self,
        host: Host,
        private: Private,
        homes: Homes,
        now: Callable[[], datetime],
        offered: Offered | None = None,
    ) -> None:
        self._host = host
        self._homes = homes
        self._offered = offered or Offered()
        self._now = now
        self._private = private
        self._asking = Asking(host, private)
        self._running: set[asyncio.Task[Any]] = set()
        self._pressed: set[tuple[int, str]] = set()
        self._log = structlog.get_logger("mynah.discord")
        verdicts = Verdicts(host)
        self._buttons: Mapping[str, Act] = {
            ids.UP: verdicts.up,
            ids.DOWN: verdicts.down,
            ids.WHY: lambda i, o, answer: self._run(i, f"why {answer}", o),
            ids.CORRECT: verdicts.open_correction,
            ids.FORGET: lambda i, o, answer: tell(i, SURE, rows=o.under(views.forgetting(answer))),
            ids.FORGET_SURELY: lambda i, o, answer: self._run(i, f"forget {answer}", o),
            ids.SAY_WHY: verdicts.open_reason,
        }
        self._dialogs: Mapping[str, Act] = {
            ids.CORRECTED: verdicts.corrected,
            ids.REASON: verdicts.reasoned,
            ids.STARRED: verdicts.starred,
        }

    async def finish(self) -> None:
        """Wait until nothing is under way."""
        while self._running:
            await asyncio.wait(self._running)
        await self._private.finish()

    async def ask(self, interaction: Interaction, text: str, expert: str, *, alone: bool) -> None:
        """Take a question; ``alone`` if only who asks is to see the answer."""
        async with self._followed(interaction, "question"):
            role = next((name for name in ROLE_NAMES if name == expert), None)
            origin = origin_of(interaction, self._now())
            await self._asking.take(interaction, origin, text, role, alone=alone)

    async def command(self, interaction: Interaction, line: str) -> None:
        """Run a command, and show what it says to who gave it."""
        async with self._followed(interaction, "command"):
            await self._run(interaction, line, rows=views.erasing() if line == ERASE else ())

    async def data(self, interaction: Interaction, line: str) -> Mapping[str, Any]:
        """Return what a command says to programs; nothing if that cannot be had."""
        try:
            person = origin_of(interaction, self._now()).person
            reply = await self._host.command(person, line)
        except Exception as error:  # noqa: BLE001 - somebody types on, whatever happens here
            self._log.warning("nothing to offer", error=type(error).__name__)
            return {}
        return reply.data

    async def rate_this(self, interaction: Interaction, message: discord.Message) -> None:
        """Ask how good an answer is."""
        async with self._followed(interaction, "rating"):
            origin = await self._origin(interaction, self._homes.of(message))
            found = await self._found(interaction, origin, message, answers=True)
            if found is None:
                await tell(interaction, HOW_TO_RATE)
            else:
                guild = origin.place.workspace_id if origin.home else ""
                await _open(interaction, modals.stars(found, guild))

    async def teach_this(self, interaction: Interaction, message: discord.Message) -> None:
        """Keep what a person said; of what others said only what they say in their own words."""
        async with self._followed(interaction, "teaching"):
            if message.author.id == interaction.application_id:
                await tell(interaction, HOW_TO_RATE)
            elif message.author.id != interaction.user.id:
                await tell(interaction, NOT_YOURS)
            else:
                await self._run(interaction, f"remember {message.clean_content}")

    async def forget_this(self, interaction: Interaction, message: discord.Message) -> None:
        """Ask whether a question or an answer is really to be forgotten."""
        async with self._followed(interaction, "forgetting"):
            origin = await self._origin(interaction, self._homes.of(message))
            found = await self._found(interaction, origin, message, answers=False)
            if found is None:
                await tell(interaction, NO_ANSWER)
            else:
                await tell(interaction, SURE, rows=origin.under(views.forgetting(found)))

    async def pressed(self, interaction: Interaction, custom_id: str) -> None:
        """Do what a button or menu stands for; a second press of it meanwhile does nothing."""
        async with self._followed(interaction, "press"):
            once = (interaction.user.id, custom_id)
            if once in self._pressed:
                await acknowledge(interaction, silently=True)
                return
            self._pressed.add(once)
            try:
                await self._press(interaction, ids.read(custom_id))
            finally:
                self._pressed.discard(once)

    async def submitted(self, interaction: Interaction, custom_id: str) -> None:
        """Take what somebody wrote in a dialog."""
        async with self._followed(interaction, "dialog"):
            match ids.read(custom_id):
                case ids.Name(ids.WORDED, _, line) if line.strip():
                    await self._worded(interaction, line)
                case name:
                    act = self._dialogs.get(name.does) if name else None
                    await self._act(interaction, name, act)

    async def _press(self, interaction: Interaction, name: Name | None) -> None:
        match name:
            case ids.Name(ids.RUN, _, line) if line.strip():
                await self._run(interaction, line)
            case ids.Name(ids.ASK, _, line) if line.strip():
                await self._open_wording(interaction, line)
            case ids.Name(ids.CHOOSE):
                await self._act(interaction, name, self._choosing(name.says))
            case ids.Name(ids.REGENERATE | ids.ANOTHER):
                await self._act(interaction, name, self._asking_again(name.says))
            case _:
                await self._act(interaction, name, self._buttons.get(name.does) if name else None)

    async def _act(self, interaction: Interaction, name: Name | None, act: Act | None) -> None:
        """Do something about an answer; say so if nobody knows any more what it was."""
        if name is None or act is None or name.interaction_id is None:
            self._log.info("unknown name")
            await tell(interaction, OLD)
        else:
            says = name.says if name.does == ids.STARRED else ""
            origin = await self._origin(interaction, guild_id_of(says))
            await act(interaction, origin, name.interaction_id)

    async def _open_wording(self, interaction: Interaction, line: str) -> None:
        origin, label = await self._origin(interaction), label_of(interaction) or "Go on"
        found = await self._offered.find(self._host, origin.person, origin.ref, line, label)
        await _open(interaction, modals.wording(found))

    async def _worded(self, interaction: Interaction, line: str) -> None:
        """Give a command with what was written; what is no text is said, and nothing is done."""
        data: Any = interaction.data or {}
        written = modals.written(data, ids.TEXT)
        try:
            text = readable(written)
        except ValueError as problem:
            await tell(interaction, f"{sentence(problem)}\n\n{quoted(written)}".strip())
            return
        await self._run(interaction, f"{line} {text}")

    def _asking_again(self, thread_id: str) -> Act:
        async def ask(interaction: Interaction, origin: Origin, answer: UUID) -> None:
            data: Any = interaction.data or {}
            values = data.get("values") or ()
            role = next((name for name in ROLE_NAMES if name in values), None)
            await self._asking.again(interaction, origin, thread_id, answer, role)

        return ask

    def _choosing(self, reading: str) -> Act:
        async def choose(interaction: Interaction, origin: Origin, question: UUID) -> None:
            await self._asking.put_off(interaction, question)
            choice = IncomingChoice(
                **origin.common(),
                thread_id=origin.place.thread_id or DIRECT,
                interaction_id=question,
                reading=reading,
            )
            await self._host.accept(choice)

        return choose

    async def _origin(self, interaction: Interaction, guild_id: int | None = None) -> Origin:
        """Return where an interaction comes from: what we wrote for a guild belongs there.

        Raises:
            Refusal: if who pressed is no member of that, or it cannot be told.
        """
        origin = origin_of(interaction, self._now())
        home = guild_id or self._homes.of(interaction.message)
        if home is None or interaction.guild_id is not None:
            return origin
        return await within(interaction, at_home(origin, self._homes, home))

    async def _run(
        self,
        interaction: Interaction,
        line: str,
        origin: Origin | None = None,
        *,
        rows: tuple[Row, ...] = (),
    ) -> None:
        """Run a command; what it hands out goes along as a file."""
        await acknowledge(interaction)
        origin = origin or await self._origin(interaction)
        reply = await self._host.command(origin.person, line)
        export = reply.data.get("export")
        papers = [Paper(EXPORT, as_json(export))] if export else []
        papers += [Paper(each.name, each.png, each.alt) for each in reply.pictures]
        self._offered.note(reply.buttons)
        rows = origin.under((*offering(reply.buttons), *rows))
        await tell(interaction, reply.text, rows=rows, papers=tuple(papers[:MOST_FILES]))

    async def _found(
        self, interaction: Interaction, origin: Origin, message: discord.Message, *, answers: bool
    ) -> UUID | None:
        """Return what a message is: an answer of ours, or a question of the person's."""
        person = origin.person
        ref = ref_of(message.channel.id, message.id)
        found = await within(interaction, self._host.find(person, ref))
        return found if found or answers else await self._host.asked(person, ref)

    @asynccontextmanager
    async def _followed(self, interaction: Interaction, what: str) -> AsyncIterator[None]:
        """See something through. What goes wrong is told to who asked, and logged without words."""
        task = asyncio.current_task()
        if task is not None:
            self._running.add(task)
        try:
            try:
                yield
            except Refusal as refusal:
                await tell(interaction, str(refusal))
            except discord.DiscordException:
                raise
            except Exception as error:  # noqa: BLE001 - a person waits for a sentence
                self._log.warning("press failed", what=what, error=type(error).__name__)
                await tell(interaction, WRONG)
        except discord.HTTPException as refused:
            self._log.warning("not answered", what=what, code=refused.code, status=refused.status)
        except (discord.DiscordException, OSError) as error:
            self._log.warning("not answered", what=what, error=type(error).__name__)
        finally:
            if task is not None:
                self._running.discard(task)


async def _open(interaction: Interaction, dialog: discord.ui.Modal) -> None:
    """Open a dialog, if Discord still takes one."""
    if interaction.response.is_done():
        await tell(interaction, SLOW)
    else:
        await interaction.response.send_modal(dialog)


async def register(
    client: discord.Client,
    host: Host,
    now: Callable[[], datetime],
    private: Private | None = None,
    offered: Offered | None = None,
) -> Presses:
    """Let everything that can be pressed and typed reach the host, and tell Discord of it.

    Args:
        client: logged in; it takes no other tree of commands then.
        host: Mynah.
        now: tells the time.
        private: shows what only an interaction can, if there is one already.
        offered: the buttons that this process showed, if it shows any elsewhere.
    """
    presses = Presses(host, private or Private(client, now), Homes(client), now, offered)
    tree: CommandTree[Any] = CommandTree(
        client,
        allowed_contexts=app_commands.AppCommandContext(
            guild=True, dm_channel=True, private_channel=True
        ),
        allowed_installs=app_commands.AppInstallationType(guild=True, user=True),
    )
    tree.error(_not_understood)
    commands.build(tree, host.commands(), presses)
    menus.build(tree, presses)
    client.add_dynamic_items(views.listening(presses))

    async def on_interaction(interaction: Interaction) -> None:
        # discord.py knows a dialog only in the process that opened it.
        if interaction.type is discord.InteractionType.modal_submit:
            data: Any = interaction.data
            await presses.submitted(interaction, str(data["custom_id"]))

    client.event(on_interaction)
    await _publish(tree)
    return presses


async def _publish(tree: CommandTree[Any]) -> None:
    """Tell Discord of our commands; without it, those that it knows go on."""
    log = structlog.get_logger("mynah.discord")
    words = Words()
    await tree.set_translator(words)
    try:
        await commands.tell_discord(tree, words)
    except discord.HTTPException as refused:
        log.warning("Discord does not take our commands", code=refused.code, status=refused.status)
    except (discord.DiscordException, OSError) as error:
        log.warning("Discord does not take our commands", error=type(error).__name__)


async def _not_understood(interaction: Interaction, error: app_commands.AppCommandError) -> None:
    """Say that a command is not there any more, or is typed in another way now."""
    log = structlog.get_logger("mynah.discord")
    log.warning("command failed", error=type(error).__name__)
    try:
        await tell(interaction, WRONG)
    except discord.DiscordException as refused:
        log.info("nowhere to answer", error=type(refused).__name__)
