"""Files that came with a question: fetched, read, and kept as text.

Sequence only: how a file is fetched is its surface's business, how one reads is that of
``integrations``, and what of it stands before a model is decided in ``learning.attached``.
No transaction is open meanwhile. Whatever goes wrong with a file becomes a sentence for the
person, and the turn goes on.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

import structlog

from bot.telemetry import span
from integrations.contracts.delivery import Outcome
from integrations.contracts.incoming import IncomingFile
from integrations.contracts.knowledge import Skipped
from integrations.contracts.model import ModelFailure
from integrations.contracts.surface import FileUnavailable
from integrations.knowledge.loose import read_loose, text_of
from integrations.models.media import medium_of
from learning.attached import MOST_CHARS, asked_by, called, standing
from learning.store.attachments import Attachments

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from bot.clock import Clock
    from bot.record import Recording
    from bot.stages import Loaded
    from integrations.contracts.media import MediaReader
    from integrations.contracts.surface import Live, Surface
    from integrations.models.media import Medium
    from learning.attached import Attached
    from learning.lexicon import Lexicon
    from learning.recollection import Recollection
    from learning.store.store import Store

LARGEST: Final = 20_000_000
"""Bytes of a file, whatever its surface lets through."""
FETCH_S: Final = 90.0
PARSE_S: Final = 45.0
MEDIA_S: Final = 150.0
_AT_ONCE: Final = 2
_MOST_STARTS: Final = 3
"""Times that a turn may have begun before; files that took it down each time are left alone."""

DEAF: Final = "I cannot hear voice messages: no transcription model is set (MYNAH_TRANSCRIPTION)."
BLIND: Final = "I cannot see pictures: no vision model is set (MYNAH_VISION)."


class Reload(Protocol):
    """Loads a turn."""

    async def __call__(
        self, workspace_id: str, interaction_id: UUID, *, starting: bool
    ) -> Loaded | None:
        """Return it; nothing if it is over, or gone."""


@dataclass(frozen=True, slots=True)
class _Read:
    """What became of a file."""

    media_type: str
    text: str = ""
    problem: str = ""


class Attending:
    """Reads files.

    Args:
        store: where what they hold is kept.
        recording: ends a turn that asks nothing.
        surfaces: fetch them.
        seeing: puts pictures into words, if a model is mapped to that.
        hearing: writes recordings down, likewise.
        lexicon: for finding the passages that bear on a question.
        clock: tells the time.
    """

    def __init__(
        self,
        store: Store,
        recording: Recording,
        surfaces: Mapping[str, Surface],
        seeing: MediaReader | None,
        hearing: MediaReader | None,
        lexicon: Lexicon,
        clock: Clock,
    ) -> None:
        self._store = store
        self._recording = recording
        self._surfaces = surfaces
        self._seeing = seeing
        self._hearing = hearing
        self._lexicon = lexicon
        self._clock = clock
        self._log = structlog.get_logger("mynah.files")

    async def prepare(
        self,
        workspace_id: str,
        loaded: Loaded,
        live: Live,
        stop: asyncio.Event,
        reload: Reload,
    ) -> Loaded | Outcome | None:
        """Read the files of a question; return the turn anew, or how it ended, if it is not gone.

        A question without words gets those that its files stand for. If it has none even then,
        there is nothing to ask anybody: the person is told why.

        Args:
            workspace_id: whose.
            loaded: the turn.
            live: shows what is going on.
            stop: set when the person wants no answer any more.
            reload: loads a turn that has begun.
        """
        names = ", ".join(called(file.name) for file in loaded.unread)
        await live.status(f"Reading {names}…")
        await self._read(workspace_id, loaded, stop)
        again = await reload(workspace_id, loaded.interaction.id, starting=False)
        if again is None:
            return None
        if stop.is_set():
            await self._recording.say(workspace_id, again, Outcome.CANCELLED, "_Stopped._")
            return Outcome.CANCELLED
        if not loaded.question.text and not any(file.text for file in again.own_files):
            told = "\n\n".join(problems_of(again.own_files))
            await self._recording.say(workspace_id, again, Outcome.DECLINED, told)
            return Outcome.DECLINED
        return again

    async def _read(self, workspace_id: str, loaded: Loaded, stop: asyncio.Event) -> None:
        """Read the files that nobody tried to read yet; when stopped, nothing is kept."""
        with span("mynah.files"):
            reading = asyncio.create_task(self._all(workspace_id, loaded))
            stopped = asyncio.create_task(_stopped(stop))
            try:
                await asyncio.wait({reading, stopped}, return_when=asyncio.FIRST_COMPLETED)
                if not reading.done():
                    return
                found = reading.result()
            finally:
                for task in (reading, stopped):
                    task.cancel()
                await asyncio.gather(reading, stopped, return_exceptions=True)
        async with self._store.begin(workspace_id, None) as unit:
            attachments, question = Attachments(unit), loaded.question
            for file, read in zip(loaded.unread, found, strict=True):
                await attachments.keep(
                    file.id, read.media_type, read.text, read.problem, self._clock()
                )
            if not question.text:
                files = await attachments.of_thread(loaded.conversation.id, question.position)
                own = [file for file in files if file.message_id == question.id]
                await attachments.said(question.id, asked_by(own))

    async def passages(self, loaded: Loaded) -> tuple[Recollection, ...]:
        """Return what of a thread's files stands before the model."""
        if not any(file.text for file in loaded.files):
            return ()
        return await asyncio.to_thread(
            standing, loaded.question.text, loaded.question.id, loaded.files, self._lexicon
        )

    async def _all(self, workspace_id: str, loaded: Loaded) -> list[_Read]:
        slots = asyncio.Semaphore(_AT_ONCE)
        return await asyncio.gather(
            *(self._one(workspace_id, loaded, file, slots) for file in loaded.unread)
        )

    async def _one(
        self, workspace_id: str, loaded: Loaded, file: Attached, slots: asyncio.Semaphore
    ) -> _Read:
        name = called(file.name)
        async with slots:
            try:
                if loaded.interaction.attempts >= _MOST_STARTS:
                    return _Read(file.media_type, problem=f"I could not read {name}.")
                surface = self._surfaces[loaded.interaction.surface]
                async with asyncio.timeout(FETCH_S):
                    data = await surface.fetch(workspace_id, _incoming(file, name))
                return await self._told(name, data, file, loaded.question.text)
            except FileUnavailable as problem:
                return _Read(file.media_type, problem=str(problem))
            except TimeoutError:
                return _Read(file.media_type, problem=f"Reading {name} took too long.")
            except Exception as error:  # noqa: BLE001 - a file must not cost the person the answer
                self._log.warning("file_not_read", error=type(error).__name__)
                return _Read(file.media_type, problem=f"I could not read {name}.")

    async def _told(self, name: str, data: bytes, file: Attached, question: str) -> _Read:
        if len(data) > LARGEST:
            problem = f"{name} is larger than the {LARGEST // 1_000_000} MB that I read."
            return _Read(file.media_type, problem=problem)
        medium = medium_of(data)
        if medium is not None:
            return await self._medium(name, data, medium, question)
        async with asyncio.timeout(PARSE_S):
            document = await asyncio.to_thread(read_loose, name, data)
        if isinstance(document, Skipped):
            return _Read(file.media_type, problem=_sentence(document.detail))
        text = text_of(document)
        problem = ""
        if len(text) > MOST_CHARS:
            text = text[:MOST_CHARS]
            problem = f"I read the first {MOST_CHARS:,} characters of {name} only."
        return _Read(document.media_type, text, problem)

    async def _medium(self, name: str, data: bytes, medium: Medium, question: str) -> _Read:
        seen = medium.kind == "picture"
        reader = self._seeing if seen else self._hearing
        if reader is None:
            return _Read(medium.type, problem=BLIND if seen else DEAF)
        if not medium.usual:
            other = "PNG or JPEG" if seen else "MP3 or M4A"
            return _Read(medium.type, problem=f"I cannot read {name}: send it as {other}.")
        try:
            async with asyncio.timeout(MEDIA_S):
                text = await reader.read(name, data, medium.type, question)
        except ModelFailure as failure:
            verb = "see" if seen else "hear"
            return _Read(medium.type, problem=f"I could not {verb} {name}: {failure}")
        if not text.strip():
            return _Read(medium.type, problem=f"I found nothing in {name}.")
        return _Read(medium.type, text[:MOST_CHARS])


async def _stopped(stop: asyncio.Event) -> list[_Read]:
    await stop.wait()
    return []


def problems_of(files: Sequence[Attached]) -> tuple[str, ...]:
    """Return what a person is told about their files, each thing once."""
    return tuple(dict.fromkeys(file.problem for file in files if file.problem))


def with_problems(text: str, problems: Sequence[str]) -> str:
    """Return an answer with what is to be said about the files it could not use."""
    return "\n\n".join([text, *(f"_{problem}_" for problem in problems)])


def _incoming(file: Attached, name: str) -> IncomingFile:
    # The name stands in sentences for the person.
    return IncomingFile(name=name, media_type=file.media_type, size=file.size, ref=file.ref)


def _sentence(detail: str) -> str:
    flat = " ".join(detail.split())
    return flat if flat.endswith(".") else f"{flat}."
