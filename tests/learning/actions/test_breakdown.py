"""When waiting is worth a word."""

from __future__ import annotations

from learning.actions.breakdown import advice, background
from learning.actions.contract import Phase
from tests.learning.actions.doings import MONDAY, acted

MINUTE = 60_000.0


def deployed(number: int, *phases: Phase) -> object:
    return acted(number, "ci.deploy", MONDAY, phases=phases, time_ms=sum(p.ms for p in phases))


def test_eight_of_ten_minutes_waiting_for_a_build_are_told() -> None:
    log = [deployed(1, Phase("checks", 2 * MINUTE), Phase("build", 8 * MINUTE, waiting=True))]
    (found,) = advice(log)  # type: ignore[arg-type]
    assert (found.phase, found.left_ms) == ("build", 2 * MINUTE)
    assert str(found) == (
        "8 minutes of 10 minutes went into waiting for “build”. Run in the background, it keeps "
        "you for 2 minutes."
    )
    assert background(log, "ci.deploy") == found  # type: ignore[arg-type]
    assert background(log, "ci.other") is None  # type: ignore[arg-type]


def test_work_is_no_waiting_and_a_short_wait_is_none_either() -> None:
    assert advice([deployed(1, Phase("build", 8 * MINUTE))]) == []  # type: ignore[list-item]
    short = deployed(1, Phase("queue", 5_000.0, waiting=True), Phase("run", 1_000.0))
    assert advice([short]) == []  # type: ignore[list-item]


def test_one_long_wait_among_short_ones_changes_nothing() -> None:
    log = [
        deployed(
            n, Phase("build", (MINUTE if n == 0 else 1_000.0), waiting=True), Phase("run", MINUTE)
        )
        for n in range(3)
    ]
    assert advice(log) == []  # type: ignore[arg-type]
