"""Marks in answers, and what the things behind them are called."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learning.citations import label, marks, quote, resolve, split_code, strip_marks
from learning.recollection import Place, Recollection, RecollectionKind

SAID = datetime(2026, 5, 3, 23, 30, tzinfo=UTC)


def recollection(
    n: int = 1,
    *,
    kind: RecollectionKind = "knowledge",
    text: str = "text",
    speaker: str = "",
    place: Place | None = None,
    rating: float | None = None,
) -> Recollection:
    return Recollection(
        UUID(int=n), kind, text, 0.5, SAID, speaker=speaker, place=place, rating=rating
    )


THREE = tuple(recollection(n) for n in (1, 2, 3))


def ids(cited: tuple[tuple[int, Recollection], ...]) -> list[tuple[int, int]]:
    return [(mark, r.id.int) for mark, r in cited]


def test_marks_are_renumbered_by_first_use() -> None:
    text, cited = resolve("Late [3], early [1], late again [3].", THREE)
    assert text == "Late [1], early [2], late again [1]."
    assert ids(cited) == [(1, 3), (2, 1)]


def test_marks_out_of_range_are_dropped_with_their_space() -> None:
    text, cited = resolve("True [9], so [0] it is [2].", THREE)
    assert text == "True, so it is [1]."
    assert ids(cited) == [(1, 2)]


def test_a_list_of_marks_becomes_single_marks() -> None:
    assert resolve("Both [1, 3].", THREE)[0] == "Both [1][2]."


def test_a_list_that_cannot_be_cited_whole_is_data() -> None:
    assert resolve("The list [1, 9] has two items.", THREE) == (
        "The list [1, 9] has two items.",
        (),
    )


@pytest.mark.parametrize(
    "text",
    [
        "Use `a[1]` here.",
        "Use ``a`[1]`` here.",
        "```python\na[1] = b[2]\n```",
        "~~~\nx[3]\n~~~\n",
        "> ```\n> x[1]\n> ```",
        "```\n```\n`[1]`",
        "```\nnever closed [1]",
        "A [1](https://example.org) link.",
        r"The root \sqrt[3]{x} of it.",
        "A footnote [^1], a box [ ].",
    ],
)
def test_what_is_no_mark_stays(text: str) -> None:
    assert resolve(text, THREE) == (text, ())


def test_a_mark_after_code_counts() -> None:
    assert resolve("`a[3]` is set [2].\n\n```\nx[1]\n```\n[3]", THREE)[0] == (
        "`a[3]` is set [1].\n\n```\nx[1]\n```\n[2]"
    )


def test_an_empty_fence_closes() -> None:
    assert resolve("```py\n```\nA claim [2].", THREE)[1] == ((1, THREE[1]),)


def test_an_open_backtick_does_not_reach_over_a_blank_line() -> None:
    assert resolve("A ` here.\n\nA claim [2] and ` there.", THREE)[1] == ((1, THREE[1]),)


def test_marks_reads_without_renumbering() -> None:
    assert marks("a [3] b [1] `[2]` c [9] d [3]", 3) == (3, 1)


@given(st.text(alphabet="ab [123]`\n~,.", max_size=80))
def test_resolving_twice_changes_nothing_more(text: str) -> None:
    clean, cited = resolve(text, THREE)
    again, cited_again = resolve(clean, [r for _, r in cited])
    assert [m for m, _ in cited] == list(range(1, len(cited) + 1))
    if "[[" not in text:  # dropping "[9]" from "[[9]1]" leaves a new mark
        assert again == clean
        assert cited_again == cited


@given(st.text(alphabet="ab [123]`\n~,", max_size=80))
def test_stripped_text_has_no_marks(text: str) -> None:
    assert marks(strip_marks(text), 999) == ()


@given(st.text(alphabet="ab`~\n >", max_size=80))
def test_code_and_prose_make_up_the_text(text: str) -> None:
    assert "".join(part for part, _ in split_code(text)) == text


def test_labels_for_people() -> None:
    place = Place("retry/handler.py", 12, 40, "RetryHandler.prepare")
    assert label(recollection(place=place)) == "retry/handler.py:12-40 — RetryHandler.prepare"
    assert label(recollection(place=Place("a.md"))) == "a.md"
    ana = recollection(kind="message", speaker="Ana")
    assert label(ana) == "Ana said on 3 May 2026"
    assert label(ana, reader="Ana") == "you said on 3 May 2026"
    corrected = recollection(kind="correction", speaker="Ana")
    assert label(corrected, reader="Ana") == "your answer of 3 May 2026"
    assert label(corrected, reader="Ben") == "Ana’s answer of 3 May 2026"
    rated = recollection(kind="answer", rating=4.5)
    assert label(rated) == "my answer of 3 May 2026, rated 4.5 of 5"
    assert label(recollection(kind="memory")) == "remembered on 3 May 2026"


def test_labels_use_the_readers_day() -> None:
    east = timezone(timedelta(hours=9))
    assert label(recollection(kind="memory"), zone=east) == "remembered on 4 May 2026"


@given(st.text(max_size=600), st.integers(10, 200))
def test_quotes_fit_on_one_line(text: str, limit: int) -> None:
    shown = quote(recollection(text=text), limit)
    assert len(shown) <= limit
    assert "\n" not in shown
