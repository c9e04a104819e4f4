"""When something happened, by Slack's clock."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from integrations.surfaces.slack.reading.payload import moment


@pytest.mark.parametrize(
    ("ts", "microsecond"), [("1763750000.000005", 5), ("1763750000.0001", 100)]
)
def test_a_time_stamp_counts_to_the_microsecond(ts: str, microsecond: int) -> None:
    assert moment(ts) == datetime(2025, 11, 21, 18, 33, 20, microsecond, tzinfo=UTC)


@pytest.mark.parametrize(
    "ts", ["", "yesterday", "1763750000", "99999999999.1", "١٢.٣", "1.0000001"]
)
def test_anything_else_is_no_time(ts: str) -> None:
    assert moment(ts) is None
