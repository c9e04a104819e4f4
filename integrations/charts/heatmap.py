"""A picture of a week: seven days by twenty-four hours.

Draws on a canvas of its own, so that any number can be drawn at once. Its background is light
and opaque: it reads the same in a dark chat.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Final

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

if TYPE_CHECKING:
    from collections.abc import Sequence

DAYS: Final = ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat")

_HOURS: Final = 24
_SLOTS: Final = 168
_SIZE: Final = (9.6, 3.6)
"""Inches; with the dots below it is 1152 pixels wide, which a phone still shows whole."""
_DOTS: Final = 120
_PAPER: Final = "#fbfbf9"
_INK: Final = "#2b2f36"
_FAINT: Final = "#7a808a"
_PEAK: Final = "#b4450f"
_SHADES: Final = LinearSegmentedColormap.from_list(
    "week", ("#eef1f0", "#bfdcd6", "#6fb3ac", "#23807f", "#0b4a55")
)


def heat_map(week: Sequence[float], *, title: str, zone: str, peaks: Sequence[int] = ()) -> bytes:
    """Return a picture of a week, as PNG.

    Args:
        week: a number for each of the 168 hours, Sunday 00:00 first; the largest is darkest.
        title: what it shows.
        zone: whose clock the hours are of.
        peaks: slots that are marked.

    Raises:
        ValueError: if these are not 168 numbers.
    """
    cells = np.nan_to_num(np.asarray(week, dtype=np.float64)).clip(min=0.0)
    if cells.shape != (_SLOTS,):
        raise ValueError(f"a week has {_SLOTS} hours, not {cells.shape}")
    # Monday stands first, as a week is worked.
    order = [*range(1, len(DAYS)), 0]
    rows = cells.reshape(len(DAYS), _HOURS)[order]
    figure = Figure(figsize=_SIZE, dpi=_DOTS, facecolor=_PAPER, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.set_facecolor(_PAPER)
    axes.pcolormesh(
        rows, cmap=_SHADES, vmin=0.0, vmax=max(float(rows.max()), 1e-9), edgecolors=_PAPER, lw=1.5
    )
    for slot in peaks:
        at = (slot % _HOURS, order.index(slot // _HOURS))
        axes.add_patch(Rectangle(at, 1, 1, fill=False, edgecolor=_PEAK, linewidth=2.2))
    axes.invert_yaxis()
    axes.set_yticks([n + 0.5 for n in range(len(DAYS))], [DAYS[n] for n in order])
    axes.set_xticks(range(0, _HOURS + 1, 3), [f"{hour:02}" for hour in range(0, _HOURS + 1, 3)])
    axes.tick_params(length=0, labelsize=11, labelcolor=_INK)
    # What people named is shown as it is: a dollar sign begins no formula.
    axes.set_title(title, loc="left", fontsize=13, color=_INK, parse_math=False)
    axes.set_xlabel(f"hour of the day ({zone})", fontsize=10, color=_FAINT, parse_math=False)
    for side in axes.spines.values():
        side.set_visible(False)
    out = io.BytesIO()
    figure.savefig(out, format="png")
    return out.getvalue()
