"""One open page: carries events from its parts to the host, and back.

Decides when the transcript is read again and what a person is told when
something fails. Refuses to know how its parts look.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from nicegui import background_tasks, ui

from integrations.contracts.host import Refusal
from integrations.contracts.knowledge import SourceFailure
from integrations.surfaces.web.about import AboutDialog
from integrations.surfaces.web.again import AskingAgain
from integrations.surfaces.web.composer import Composer, command_of
from integrations.surfaces.web.dialogs import KnowledgeDialog
from integrations.surfaces.web.feedback import Feedback
from integrations.surfaces.web.pressing import Pressing
from integrations.surfaces.web.readings import Choosing
from integrations.surfaces.web.thread import NEW_TITLE, Question, Refused, Thread, unanswered
from integrations.surfaces.web.threads import ThreadDrawer
from integrations.surfaces.web.transcript import Transcript
from integrations.surfaces.web.welcome import welcome

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from uuid import UUID

    from nicegui import Client

    from integrations.contracts.host import (
        Accepted,
        CommandReply,
        Host,
        LiveEvent,
        Person,
        ThreadSummary,
    )
    from integrations.surfaces.web.composer import Draft
    from integrations.surfaces.web.markdown import Markdown
    from integrations.surfaces.web.readings import Choice

_REDRAW_S = 0.1
_RECHECK_S = 30.0
"""How often a page looks by itself, in case an event was lost."""

_WAITED_FOR = timedelta(minutes=30)
"""A question older than this without an answer is not shown as running."""

_log = structlog.get_logger(__name__)


class Chat:
    """The page of one person, showing one thread at a time.

    Args:
        client: the browser's page.
        host: what Mynah offers.
        person: who sits before the page.
        markdown: renders messages.
        examples: questions for an empty thread.
        now: tells the time.
        stopping: whether messages are no longer taken.
    """

    def __init__(
        self,
        client: Client,
        host: Host,
        person: Person,
        markdown: Markdown,
        *,
        examples: Sequence[str],
        now: Callable[[], datetime],
        stopping: Callable[[], bool],
    ) -> None:
        self._client = client
        self._host = host
        self._person = person
        self._now = now
        self._stopping = stopping
        self._thread = Thread(host, person, now)
        self._threads: Sequence[ThreadSummary] = ()
        self._watching: asyncio.Task[None] | None = None
        self._redraw: asyncio.TimerHandle | None = None
        self._reading = asyncio.Lock()
        self._stale = False
        self._sent: set[UUID] = set()
        self._build(markdown, examples)
        client.on_connect(self._connected)
        client.on_delete(self._close)
        client.on_exception(self._apologise)

    async def open(self, conversation_id: UUID | None) -> None:
        """Show a thread of this person, or an empty one."""
        try:
            await self._list_threads()
            known = {thread.conversation_id: thread for thread in self._threads}
            if conversation_id in known:
                await self._open_thread(known[conversation_id])
        except Exception as error:  # noqa: BLE001 - an empty page that says so beats no page
            self._apologise(error)

    def _build(self, markdown: Markdown, examples: Sequence[str]) -> None:
        self._knowledge = KnowledgeDialog(
            lambda path: self._host.ingest(self._person, path), explain
        )
        self._about = AboutDialog(
            lambda line: self._host.command(self._person, line), markdown, explain
        )
        self._feedback = Feedback(
            self._host,
            self._person,
            thread=lambda: self._thread,
            transcript=lambda: self._transcript,
            run=self._run,
            refresh=self._refresh,
        )
        self._again = AskingAgain(lambda: self._transcript, self._ask_again, self._apologise)
        self._choosing = Choosing(self._choose, explain)
        self._pressing = Pressing(self._press, self._follow_up, markdown, explain)
        self._drawer = ThreadDrawer(
            on_new=self._new_thread,
            on_open=self._open_thread,
            on_add=self._knowledge.open,
            on_about=self._about.open,
        )
        self._client.content.classes("m-content")
        with ui.element("div").classes("m-main"):
            with ui.element("header").classes("m-top"):
                menu = ui.button(icon="menu", color=None, on_click=self._drawer.toggle)
                menu.props('flat dense round aria-label="Show or hide threads"').classes("m-quiet")
                self._title = ui.label(NEW_TITLE).classes("m-title")
            self._transcript = Transcript(
                markdown,
                self._feedback.actions(
                    again=self._again.regenerate,
                    expert=self._again.offer,
                    choose=self._choosing.choose,
                    pressing=self._pressing,
                ),
                lambda: welcome(examples, on_add=self._knowledge.open, on_ask=self._ask),
            )
            with ui.element("div").classes("m-dock"):
                self._composer = Composer(self._host.commands(), self._say)
        self._feedback.build_panel()
        self._again.build_menu()
        self._pressing.build_dialog()
        ui.timer(_RECHECK_S, self._recheck)

    # Sending.

    def _ask(self, text: str) -> None:
        self._composer.ask(text)

    async def _say(self, draft: Draft) -> None:
        if self._stopping():
            self._composer.refuse(
                draft, "Mynah is shutting down. Your text is kept; send it again when it is back."
            )
            return
        thread = self._thread
        try:
            line = command_of(draft.text)
            if line is not None:
                await self._run(line, line)
            else:
                await self._send(thread, Question(draft.text, draft.event_id))
        except Exception as error:  # noqa: BLE001 - whatever went wrong, the text must stay
            self._composer.refuse(draft, explain(error))
            return
        self._composer.confirm(draft, self._thread.draft_key)

    async def _send(self, thread: Thread, question: Question) -> None:
        began = thread.conversation_id is None
        accepted = await thread.say(question)
        if began and self._thread is thread:
            self._follow()
        await self._await_answer(thread, accepted)

    async def _await_answer(self, thread: Thread, accepted: Accepted) -> None:
        """Show what was said, and where its answer will be."""
        if self._thread is not thread:
            return
        if accepted.interaction_id is not None and not accepted.duplicate:
            self._sent.add(accepted.interaction_id)
        await self._refresh()
        self._transcript.to_latest()
        await self._list_threads()

    async def _ask_again(self, question: Question) -> None:
        if self._stopping():
            raise Refused("Mynah is shutting down. Ask again when it is back.")
        await self._send(self._thread, question)

    async def _choose(self, choice: Choice) -> None:
        if self._stopping():
            raise Refused("Mynah is shutting down. Choose again when it is back.")
        thread = self._thread
        await self._await_answer(thread, await thread.choose(choice))

    async def _run(self, line: str, shown_as: str) -> None:
        reply = await self._host.command(self._person, line)
        self._transcript.add_card(shown_as, reply, self._now())
        await self._follow_up()

    async def _press(self, line: str) -> CommandReply:
        if self._stopping():
            raise Refused("Mynah is shutting down. Press it again when it is back.")
        return await self._host.command(self._person, line)

    async def _follow_up(self) -> None:
        """Show what a command changed."""
        await self._refresh()
        await self._list_threads()

    # Threads.

    async def _new_thread(self) -> None:
        self._show_thread(Thread(self._host, self._person, self._now))
        self._composer.focus()

    async def _open_thread(self, summary: ThreadSummary) -> None:
        self._show_thread(Thread(self._host, self._person, self._now, summary))
        await self._refresh()
        self._transcript.to_latest()

    def _show_thread(self, thread: Thread) -> None:
        self._thread = thread
        self._sent.clear()
        self._feedback.reset()
        self._transcript.reset()
        self._composer.show_draft_of(thread.draft_key)
        self._head()
        self._follow()

    async def _list_threads(self) -> None:
        self._threads = await self._host.threads(self._person)
        self._head()

    def _head(self) -> None:
        current = self._thread.conversation_id
        self._drawer.show(self._threads, current, self._now())
        title = next((t.title for t in self._threads if t.conversation_id == current), NEW_TITLE)
        self._title.text = title or NEW_TITLE
        address = "" if current is None else str(current)
        if self._client.has_socket_connection:
            self._client.run_javascript(
                "const u = new URL(location.href);"
                f"'{address}' ? u.searchParams.set('c', '{address}') : u.searchParams.delete('c');"
                "history.replaceState(history.state, '', u)"
            )

    # Hearing what happens.

    def _follow(self) -> None:
        if self._watching is not None:
            self._watching.cancel()
            self._watching = None
        if self._thread.conversation_id is not None:
            self._watching = background_tasks.create(
                self._watch(self._thread, self._thread.conversation_id),
                name=f"watch {self._thread.conversation_id}",
            )

    async def _watch(self, thread: Thread, conversation_id: UUID) -> None:
        wait_s = 0.5
        while thread is self._thread:
            try:
                async with self._host.watch(self._person, conversation_id) as events:
                    await self._refresh()
                    async for event in events:
                        await self._hear(event)
            except Exception as error:  # noqa: BLE001 - a page outlives a lost subscription
                _log.warning("watch_lost", error=type(error).__name__, retry_in_s=wait_s)
            await asyncio.sleep(wait_s)
            wait_s = min(wait_s * 2, _RECHECK_S)

    async def _hear(self, event: LiveEvent) -> None:
        interaction_id = event.interaction_id
        if event.kind == "changed":
            await self._refresh()
            await self._list_threads()
            if interaction_id is not None:
                await self._feedback.acknowledge(interaction_id)
            return
        if interaction_id is None or self._transcript.answered(interaction_id) is not None:
            return
        card = self._transcript.live(interaction_id, from_start=interaction_id in self._sent)
        if event.kind == "status":
            card.status(event.text)
            return
        if event.kind == "restart":
            card.restart()
        else:
            card.append(event.text)
        if self._redraw is None:
            self._redraw = asyncio.get_running_loop().call_later(_REDRAW_S, self._flush)

    def _flush(self) -> None:
        self._redraw = None
        if not self._client.is_deleted:
            for card in self._transcript.running().values():
                card.flush()

    async def _refresh(self) -> None:
        """Show what the transcript says now; calls that overlap share one more reading."""
        self._stale = True
        async with self._reading:
            if not self._stale:  # a reading that began after this call has shown it
                return
            self._stale = False
            thread = self._thread
            try:
                entries = await thread.entries()
            except BaseException:
                self._stale = True  # whoever waits for this reading reads for themselves
                raise
            if thread is self._thread and not self._client.is_deleted:
                self._transcript.show(entries)
                waiting = unanswered(entries, self._now() - _WAITED_FOR)
                self._transcript.end_live(set(waiting))
                for interaction_id in waiting:
                    self._transcript.live(interaction_id, from_start=interaction_id in self._sent)

    async def _recheck(self) -> None:
        if self._transcript.running():
            await self._refresh()
        self._head()

    async def _connected(self) -> None:
        await self._refresh()
        await self._list_threads()

    def _close(self) -> None:
        if self._watching is not None:
            self._watching.cancel()
        if self._redraw is not None:
            self._redraw.cancel()

    def _apologise(self, error: Exception) -> None:
        ui.notify(explain(error), type="negative", position="top", close_button="Dismiss")


def explain(error: Exception) -> str:
    """Return what a person should read about a failure; details go to the log."""
    if isinstance(error, Refused | SourceFailure | Refusal):
        return str(error)
    _log.error("page_call_failed", error=type(error).__name__, exc_info=error)
    return "That did not work, and the reason is in Mynah's log. Nothing was lost; try again."
