"""What of the files that came with messages stands before a model.

Decides what a message without words asks, which passages of files go along with a question,
and in which order. Refuses to know how a file is fetched and read.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from learning.citations import strip_marks
from learning.extract import rank
from learning.recollection import Place, Recollection
from learning.tokens import estimated_tokens

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from datetime import datetime
    from uuid import UUID

    from learning.extract import Match
    from learning.lexicon import Lexicon

MOST_TOKENS: Final = 3_000
"""Room for what files hold, in estimated tokens."""
EARLIER_TOKENS: Final = 1_500
"""Of that, for files of earlier messages."""
MOST_CHARS: Final = 200_000
"""Characters of a file that are kept."""
PASSAGE_CHARS: Final = 1_000
MOST_FILES: Final = 20
"""Files of a thread that are looked at, the newest."""
_MOST_NAMED: Final = 80


@dataclass(frozen=True, slots=True)
class Enclosed:
    """A file as it arrives with a message; what it holds is not known yet."""

    name: str
    media_type: str
    size: int
    ref: str


@dataclass(frozen=True, slots=True)
class Attached:
    """A file of a thread.

    Attributes:
        message_id: what it came with.
        media_type: as the platform told it; once it was read, as it was found to be.
        text: what it holds; empty if it was not read, or holds nothing.
        problem: why it was not read, or not all of it, for the person.
        unread: whether nobody tried to read it yet.
    """

    id: UUID
    message_id: UUID
    name: str
    media_type: str
    size: int
    ref: str
    text: str
    problem: str
    unread: bool
    said_at: datetime

    @property
    def voice(self) -> bool:
        """Whether it is sound."""
        return self.media_type.startswith("audio/")


def called(name: str) -> str:
    """Return a file's name as it may stand in a sentence of ours."""
    plain = strip_marks(" ".join(name.split())).translate(_PLAIN)
    return plain if len(plain) <= _MOST_NAMED else f"{plain[: _MOST_NAMED - 1].rstrip()}…"


def asked_by(files: Sequence[Attached]) -> str:
    """Return what somebody means who sends files without a word.

    Who speaks has said it; who shows something wants to hear what it is.
    """
    spoken = [file.text.strip() for file in files if file.voice and file.text.strip()]
    if spoken:
        return "\n\n".join(spoken)
    names = [called(file.name) for file in files]
    if not names:
        return ""
    *first, last = names
    return f"What is in {', '.join(first) + ' and ' if first else ''}{last}?"


def standing(
    question: str,
    message_id: UUID,
    files: Sequence[Attached],
    lexicon: Lexicon,
    room: int = MOST_TOKENS,
) -> tuple[Recollection, ...]:
    """Return the passages that stand before a model: file after file, each in its own order.

    The beginning of each file that came with the question goes first: it says what the file is.
    The best for the question follow; what room is left goes to the rest, from the beginning.

    Args:
        question: what is asked.
        message_id: what it is asked with.
        files: the thread's, oldest first.
        lexicon: cuts words.
        room: in estimated tokens.
    """
    # What was only spoken is the question itself.
    told = [f for f in files if f.text.strip() and f.text.strip() != question.strip()]
    told.sort(key=lambda file: file.message_id != message_id)
    pieces = [piece for file in told for piece in _pieces(file)]
    own = {file.id for file in told if file.message_id == message_id}
    matches, _ = rank(question, pieces, lexicon)
    chosen = _fitting(_in_order(matches, pieces, own), pieces, own, room)
    found = {match.index: match.coverage for match in matches}
    return tuple(replace(pieces[n], score=min(1.0, found[n])) for n in sorted(chosen))


def passages(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield a text in pieces that make sense alone: first line, last line, text."""
    held: list[str] = []
    first = size = 0
    for number, line in enumerate(text.split("\n"), 1):
        full = size + len(line) > PASSAGE_CHARS or (not line.strip() and size > PASSAGE_CHARS // 2)
        if held and full:
            yield first, number - 1, "\n".join(held)
            held, size = [], 0
        if not held and not line.strip():
            continue
        first = first if held else number
        while len(line) > PASSAGE_CHARS:
            cut = line.rfind(" ", PASSAGE_CHARS // 2, PASSAGE_CHARS)
            cut = cut if cut > 0 else PASSAGE_CHARS
            yield number, number, line[:cut]
            line = line[cut:].lstrip()  # noqa: PLW2901 - what is left of it
        held.append(line)
        size += len(line) + 1
    if any(line.strip() for line in held):
        yield first, first + len(held) - 1, "\n".join(held).rstrip()


def _pieces(file: Attached) -> Iterator[Recollection]:
    for first, last, text in passages(file.text):
        yield Recollection(
            id=file.id,
            kind="file",
            text=text,
            score=0.0,
            said_at=file.said_at,
            place=Place(file.name, first, last),
        )


def _in_order(
    matches: Sequence[Match], pieces: Sequence[Recollection], own: Collection[UUID]
) -> Iterator[int]:
    """Yield places of passages, those to be taken first at the beginning; some come twice."""
    seen: set[UUID] = set()
    for n, piece in enumerate(pieces):
        if piece.id in own and piece.id not in seen:
            seen.add(piece.id)
            yield n
    for mine in (True, False):
        yield from (m.index for m in matches if m.coverage and (m.recollection.id in own) == mine)
    yield from range(len(pieces))


def _fitting(
    order: Iterator[int], pieces: Sequence[Recollection], own: Collection[UUID], room: int
) -> set[int]:
    chosen: set[int] = set()
    left, earlier = room, min(EARLIER_TOKENS, room)
    for n in order:
        cost = estimated_tokens(pieces[n].text)
        mine = pieces[n].id in own
        if n in chosen or cost > left or (not mine and cost > earlier):
            continue
        chosen.add(n)
        left -= cost
        earlier -= 0 if mine else cost
    return chosen


_PLAIN: Final = str.maketrans("`*[]<>@#|~", "'-()()-- -")
"""What Markdown or a chat would take for more than a name."""
