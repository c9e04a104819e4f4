"""What of the files that came with messages stands before a model."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from learning.attached import (
    EARLIER_TOKENS,
    MOST_TOKENS,
    PASSAGE_CHARS,
    Attached,
    asked_by,
    called,
    passages,
    standing,
)
from learning.lexicon import Lexicon
from learning.tokens import estimated_tokens

NOW, BEFORE = uuid4(), uuid4()
LEXICON = Lexicon()


def file(name: str, text: str, message: UUID = NOW, media_type: str = "text/plain") -> Attached:
    at = datetime(2026, 5, 4, tzinfo=UTC)
    return Attached(uuid4(), message, name, media_type, len(text), "F1", text, "", False, at)


def filler(count: int) -> str:
    return "\n\n".join(f"Paragraph {n} tells of rivers, hills and trees." for n in range(count))


def test_who_sends_a_file_without_a_word_asks_what_is_in_it() -> None:
    assert asked_by([file("a.pdf", "x")]) == "What is in a.pdf?"
    three = [file(f"{name}.csv", "x") for name in "abc"]
    assert asked_by(three) == "What is in a.csv, b.csv and c.csv?"
    assert asked_by([]) == ""


def test_who_speaks_has_asked() -> None:
    voice = file("clip.m4a", "When do we ship? ", media_type="audio/mp4")
    assert asked_by([file("a.pdf", "x"), voice]) == "When do we ship?"
    assert asked_by([replace(voice, text="")]) == "What is in clip.m4a?"


def test_a_name_in_a_sentence_is_only_a_name() -> None:
    assert called("my*re_port[1]`<@U1>`\n.pdf") == "my-re_port'(-U1)' .pdf"
    assert len(called("a" * 300)) == 80


def test_what_was_spoken_is_no_source_beside_itself() -> None:
    voice = file("clip.m4a", "When do we ship?", media_type="audio/mp4")
    assert standing("When do we ship?", NOW, [voice], LEXICON) == ()


def test_a_file_that_fits_goes_along_whole_and_in_its_order() -> None:
    notes = file("notes.md", filler(30))
    found = standing("What about trees?", NOW, [notes], LEXICON)
    assert "\n\n".join(r.text for r in found).split() == notes.text.split()
    assert {str(r.place).partition(":")[0] for r in found} == {"notes.md"}
    assert {r.id for r in found} == {notes.id}


def test_of_a_long_file_its_beginning_goes_along_and_what_bears_on_the_question() -> None:
    needle = "The warranty of the Heron pump ends after 42 months."
    long = file("manual.txt", f"{filler(400)}\n\n{needle}\n\n{filler(400)}")
    found = standing("When does the warranty of the pump end?", NOW, [long], LEXICON)
    assert sum(estimated_tokens(r.text) for r in found) <= MOST_TOKENS
    assert found[0].text.startswith("Paragraph 0 ")
    (place,) = [r.place for r in found if needle in r.text]
    at = long.text.split("\n").index(needle) + 1
    assert place is not None
    assert (place.start_line or 0) <= at <= (place.end_line or 0)
    lines = [r.place.start_line or 0 for r in found if r.place is not None]
    assert lines == sorted(lines)


def test_files_of_earlier_messages_stand_after_those_of_this_one_and_take_less() -> None:
    earlier, own = file("old.txt", filler(400), BEFORE), file("new.txt", filler(400))
    found = standing("Compare the rivers", NOW, [earlier, own], LEXICON)
    old = [r for r in found if r.id == earlier.id]
    assert found[0].id == own.id
    assert sum(estimated_tokens(r.text) for r in old) <= EARLIER_TOKENS
    assert sum(estimated_tokens(r.text) for r in found) <= MOST_TOKENS
    alone = standing("And the hills?", uuid4(), [earlier], LEXICON)
    assert 0 < sum(estimated_tokens(r.text) for r in alone) <= EARLIER_TOKENS


@given(st.text(alphabet="ab \n", max_size=6_000))
def test_pieces_hold_every_word_once_and_are_never_too_long(text: str) -> None:
    found = list(passages(text))
    assert "".join("".join(piece.split()) for _, _, piece in found) == "".join(text.split())
    assert all(len(piece) <= 2 * PASSAGE_CHARS for _, _, piece in found)
    assert all(1 <= first <= last <= text.count("\n") + 1 for first, last, _ in found)
