from __future__ import annotations

import struct
from concurrent.futures import ThreadPoolExecutor

import pytest

from integrations.charts.heatmap import heat_map

PNG = b"\x89PNG\r\n\x1a\n"


def test_a_week_becomes_a_picture_a_phone_can_show() -> None:
    week = [0.0] * 168
    week[58] = 0.9
    png = heat_map(week, title="deep coding $x", zone="Europe/Berlin", peaks=[58])
    assert png.startswith(PNG)
    assert struct.unpack(">II", png[16:24]) == (1152, 432)
    assert len(png) < 60_000
    assert png != heat_map(week, title="deep coding $x", zone="Europe/Berlin")


def test_an_empty_week_and_several_at_once_can_be_drawn() -> None:
    def draw(number: int) -> bytes:
        return heat_map([float("nan")] * 168, title=f"{number % 2}", zone="UTC")

    with ThreadPoolExecutor(2) as pool:
        drawn = list(pool.map(draw, range(4)))
    assert drawn[0] == drawn[2] != drawn[1] == drawn[3]


def test_what_is_no_week_is_refused() -> None:
    with pytest.raises(ValueError, match="168"):
        heat_map([0.5] * 24, title="", zone="UTC")
