"""Draws how much each policy has lost against the best single arm, step by step, as SVG."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from learning.routing.contract import Floats

_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 860, 460, 70, 170, 40, 50
_POINTS: Final = 200
_FONT: Final = 'font-family="sans-serif" font-size="12"'
_COLOURS: Final = (
    "#d1495b", "#30638e", "#edae49", "#00798c", "#7b5ea7", "#6a994e", "#8d6346", "#555555",
)  # fmt: skip


def draw(file: Path, title: str, regrets: Mapping[str, Floats]) -> None:
    """Write the chart.

    Args:
        file: ends in ``.svg``.
        title: said above it.
        regrets: cumulative, by policy, each of shape ``(steps,)``; below 0 is better than the
            best single arm.
    """
    steps = len(next(iter(regrets.values())))
    low = min(0.0, *(float(r.min()) for r in regrets.values()))
    high = max(0.0, *(float(r.max()) for r in regrets.values()))
    span = (high - low) or 1.0

    def x(step: float) -> float:
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * step / max(steps - 1, 1)

    def y(value: float) -> float:
        return _TOP + (_HEIGHT - _TOP - _BOTTOM) * (high - value) / span

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" {_FONT}>',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>',
        f'<text x="{_LEFT}" y="22" font-size="15">{escape(title)}</text>',
        f'<text x="{x(steps / 2):.0f}" y="{_HEIGHT - 12}" text-anchor="middle">prompts</text>',
    ]
    for value in np.linspace(low, high, 6):
        parts.append(_line(x(0), y(value), x(steps - 1), y(value), "#e5e5e5"))
        parts.append(_text(_LEFT - 8, y(value) + 4, f"{value:.0f}", "end"))
    parts.append(_line(x(0), y(0), x(steps - 1), y(0), "#222222"))
    parts.extend(
        _text(x(step), _HEIGHT - _BOTTOM + 18, f"{step:.0f}", "middle")
        for step in np.linspace(0, steps - 1, 6)
    )
    shown = np.unique(np.linspace(0, steps - 1, min(_POINTS, steps)).astype(int))
    ordered = sorted(regrets, key=lambda name: -float(regrets[name][-1]))
    for place, name in enumerate(ordered):
        colour = _COLOURS[place % len(_COLOURS)]
        points = " ".join(f"{x(s):.1f},{y(float(regrets[name][s])):.1f}" for s in shown)
        wide = 3 if name == "mynah" else 1.5
        parts.append(
            f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="{wide}"/>'
        )
        at = _TOP + 18 * place
        parts.append(_line(_WIDTH - _RIGHT + 14, at, _WIDTH - _RIGHT + 34, at, colour, wide))
        label = f"{name} {float(regrets[name][-1]):+.0f}"
        parts.append(_text(_WIDTH - _RIGHT + 40, at + 4, label, "start"))
    file.write_text("\n".join([*parts, "</svg>\n"]), encoding="utf-8")


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, width: float = 1) -> str:
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" '
        f'stroke-width="{width}"/>'
    )


def _text(x: float, y: float, said: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(said)}</text>'
