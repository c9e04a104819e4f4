from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from learning.times import language, times

NOW = datetime(2024, 3, 14, 15, 0, tzinfo=UTC)  # a Thursday


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    ("question", "start", "end"),
    [
        ("what did I say yesterday evening", (2024, 3, 13, 17), (2024, 3, 14, 0)),
        ("who called last night", (2024, 3, 13, 18), (2024, 3, 14, 5)),
        ("what came in this morning", (2024, 3, 14, 4), (2024, 3, 14, 12)),
        ("the day before yesterday", (2024, 3, 12), (2024, 3, 13)),
        ("what happened last weekend", (2024, 3, 9), (2024, 3, 11)),
        ("in the past 3 days", (2024, 3, 11), (2024, 3, 15)),
        ("a couple of weeks ago", (2024, 2, 26), (2024, 3, 4)),
        ("the numbers of Q3", (2023, 7, 1), (2023, 10, 1)),
        ("the third quarter of 2022", (2022, 7, 1), (2022, 10, 1)),
        ("last quarter", (2023, 10, 1), (2024, 1, 1)),
        ("where was I last summer", (2023, 6, 1), (2023, 9, 1)),
        ("in winter 2022", (2022, 12, 1), (2023, 3, 1)),
        ("what did we do before Christmas", (2023, 9, 23), (2023, 12, 24)),
        ("at Christmas 2022", (2022, 12, 24), (2022, 12, 27)),
        ("what changed since May 2023", (2023, 5, 1), (2024, 3, 14, 15)),
        ("what came after last Tuesday", (2024, 3, 13), (2024, 3, 14, 15)),
        ("what was planned before 2022", (2021, 1, 1), (2022, 1, 1)),
        ("the note of 31.12.2023", (2023, 12, 31), (2024, 1, 1)),
        ("the note of 12/31/2023", (2023, 12, 31), (2024, 1, 1)),
        ("the note of 2023/05/07", (2023, 5, 7), (2023, 5, 8)),
        ("what did I say an hour ago", (2024, 3, 14), (2024, 3, 15)),
        ("Was habe ich gestern Abend gesagt?", (2024, 3, 13, 17), (2024, 3, 14, 0)),
        ("Was hast du mir vor zwei Wochen empfohlen?", (2024, 2, 26), (2024, 3, 4)),
        ("Was haben wir im März 2023 gemacht?", (2023, 3, 1), (2023, 4, 1)),
        ("Was habe ich am Dienstag gesagt?", (2024, 3, 12), (2024, 3, 13)),
        ("Qu'est-ce que j'ai dit la semaine dernière ?", (2024, 3, 4), (2024, 3, 11)),
        ("Que m'as tu dit il y a deux semaines ?", (2024, 2, 26), (2024, 3, 4)),
        ("Qui est venu en août et où ?", (2023, 8, 1), (2023, 9, 1)),
        ("¿Qué dije el martes pasado?", (2024, 3, 12), (2024, 3, 13)),
        ("¿Qué hicimos con el plan hace dos semanas?", (2024, 2, 26), (2024, 3, 4)),
        ("¿Qué dijo el equipo en mayo de 2023?", (2023, 5, 1), (2023, 6, 1)),
    ],
)
def test_times_are_read_in_four_languages(
    question: str, start: tuple[int, ...], end: tuple[int, ...]
) -> None:
    (span,) = times(question, NOW)
    assert (span.start, span.end) == (at(*start), at(*end))


@pytest.mark.parametrize(
    "question",
    [
        "a second opinion",
        "Does the service fall back?",
        "Is the spring broken?",
        "Ist hier noch Platz?",  # the French word for yesterday
        "IP 10.0.0.1 and 3/4 of it",
        "32.13.2023",
        "",
    ],
)
def test_what_may_mean_something_else_is_no_time(question: str) -> None:
    assert times(question, NOW) == ()


def test_two_times_are_two_spans_and_one_said_twice_is_one() -> None:
    assert len(times("in May 2023 or in June 2023", NOW)) == 2
    assert len(times("yesterday, I mean yesterday", NOW)) == 1


def test_the_zone_of_now_is_the_zone_of_the_day() -> None:
    there = NOW.astimezone(tz=ZoneInfo("Asia/Tokyo"))
    (span,) = times("what did I say today", there)
    assert span.holds(there)
    assert span.end - span.start == timedelta(days=1)
    assert span.start.utcoffset() == timedelta(hours=9)


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("was habe ich gesagt", "german"),
        ("qu'est-ce que tu as dit", "french"),
        ("qué me dijiste de la casa", "spanish"),
        ("what did I say", "english"),
        ("die hard", "english"),
        ("なに", "english"),
    ],
)
def test_a_language_is_known_by_its_small_words(text: str, spoken: str) -> None:
    assert language(text) == spoken
