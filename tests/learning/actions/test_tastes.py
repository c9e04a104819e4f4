"""What a person likes, from what they had done for them."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from learning.actions.tastes import fitting, part_of, suggest, tastes
from tests.learning.actions.doings import MONDAY, acted

if TYPE_CHECKING:
    from learning.actions.contract import Acted

SONG = "music.create"
EVENING = MONDAY + timedelta(hours=10)


def song(
    number: int, genre: str, tempo: int, rating: float | None = 5.0, hours: float = 0
) -> Acted:
    return acted(
        number,
        SONG,
        MONDAY - timedelta(days=number) + timedelta(hours=hours),
        params={
            "about": f"song number {number} about something new",
            "genre": genre,
            "tempo": tempo,
        },
        rating=rating,
    )


def test_after_ten_songs_the_next_one_has_their_genre_and_tempo() -> None:
    liked = [song(n, "hip-hop", 140 + n % 3) for n in range(10)]
    known = tastes(liked, SONG, MONDAY, UTC)
    suggestion = suggest({"about": "rain"}, known, MONDAY, UTC)
    assert suggestion.params == {"genre": "hip-hop", "tempo": 141}
    assert suggestion.confidence >= 0.7
    assert [str(taste) for taste in suggestion.because if taste.name == "tempo"] == [
        "tempo: 141 (140 to 142)"
    ]


def test_what_was_said_is_never_replaced() -> None:
    known = tastes([song(n, "hip-hop", 140) for n in range(10)], SONG, MONDAY, UTC)
    assert suggest({"genre": "jazz"}, known, MONDAY, UTC).params == {"tempo": 140}


def test_three_songs_say_nothing_and_five_are_not_sure_enough() -> None:
    assert tastes([song(n, "jazz", 90) for n in range(3)], SONG, MONDAY, UTC) == []
    known = tastes([song(n, "jazz", 90, None) for n in range(4)], SONG, MONDAY, UTC)
    failed = [acted(20 + n, SONG, MONDAY, params={"genre": "x"}, success=False) for n in range(9)]
    assert known == tastes(
        [*failed, *(song(n, "jazz", 90, None) for n in range(4))], SONG, MONDAY, UTC
    )


def test_disliked_songs_speak_against_what_they_had() -> None:
    log = [song(n, "metal", 180, rating=1.0) for n in range(6)]
    log += [song(10 + n, "folk", 90) for n in range(4)]
    assert suggest({}, tastes(log, SONG, MONDAY, UTC), MONDAY, UTC).params.get("genre") != "metal"


def test_a_person_without_a_usual_value_has_none() -> None:
    log = [song(n, ("jazz", "folk", "metal")[n % 3], 60 + 30 * n) for n in range(9)]
    assert suggest({}, tastes(log, SONG, MONDAY, UTC), MONDAY, UTC).params == {}


def test_the_evening_has_a_taste_of_its_own() -> None:
    log = [song(n, "hip-hop", 140) for n in range(12)]
    log += [song(100 + n, "ambient", 70, hours=10) for n in range(12)]
    log = [
        acted(
            n,
            SONG,
            each.created_at + timedelta(days=95 if n >= 12 else 0),
            params=each.params,
            rating=5.0,
        )
        for n, each in enumerate(log)
    ]
    known = tastes(log, SONG, EVENING, UTC)
    assert suggest({}, known, EVENING, UTC).params["genre"] == "ambient"
    assert suggest({}, known, MONDAY, UTC).params["genre"] == "hip-hop"


def test_the_part_of_the_day_is_that_of_where_the_person_lives() -> None:
    assert part_of(MONDAY, UTC) == "morning"
    assert part_of(MONDAY, ZoneInfo("Asia/Tokyo")) == "evening"


def test_who_is_to_see_something_is_said_each_time() -> None:
    told = {"text": "standup", "at": "at 9", "where": "#dev"}
    log = [acted(n, "reminder.set", MONDAY, params=told, rating=5.0) for n in range(10)]
    words = {"type": "string"}
    schema = {"properties": {"text": words, "where": words, "tone": words}, "required": ["text"]}
    known = tastes(log, "reminder.set", MONDAY, UTC)
    assert fitting(known, schema, {"text": "see the doctor"}) == []


def test_it_works_for_any_tool() -> None:
    log = [
        acted(
            n,
            "project.create",
            MONDAY,
            params={"name": f"app {n}", "dark_mode": True, "language": "TypeScript"},
        )
        for n in range(10)
    ]
    found = suggest({"name": "new"}, tastes(log, "project.create", MONDAY, UTC), MONDAY, UTC)
    assert found.params == {"dark_mode": True, "language": "TypeScript"}
