"""What a person is told of their own work."""

from __future__ import annotations

from datetime import UTC, timedelta

from learning.actions.insights import Doing, insights
from tests.learning.actions.doings import MONDAY

NOW = MONDAY + timedelta(days=56)


def weeks(kind: str, count: int, *, day: int = 1, hour: int = 1, **further: object) -> list[Doing]:
    return [
        Doing(kind, MONDAY + timedelta(weeks=n, days=day, hours=hour), **further)  # type: ignore[arg-type]
        for n in range(count)
    ]


def test_kinds_hours_days_quality_and_topics_are_told() -> None:
    doings = weeks("code", 7, success=True, topics=("billing",))
    doings += weeks("writing", 3, day=4, hour=5, rating=1.0)
    told = {insight.kind: insight.text for insight in insights(doings, NOW, UTC)}
    assert told["kinds"] == "You mostly work on code (70%) and writing (30%)."
    assert told["hours"] == "70% of it happens between 08:00 and 11:00."
    assert told["days"] == "Tuesday is your busiest day."
    assert told["quality"] == "Code goes best (100% well), writing is hardest (0%)."
    assert told["topics"] == "What comes up most: billing."


def test_a_change_for_the_better_is_told() -> None:
    doings = [Doing("code", MONDAY + timedelta(days=n), success=n >= 28) for n in range(0, 56, 4)]
    assert "Lately it goes better: 100% well, 0% before." in [
        insight.text for insight in insights(doings, NOW, UTC)
    ]


def test_four_doings_say_nothing() -> None:
    assert insights(weeks("code", 4), NOW, UTC) == []
