"""Colours that can be read, and what the page waits for."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest

import integrations.surfaces.web
from integrations.contracts.host import Entry
from integrations.surfaces.web.thread import unanswered

STYLES = Path(integrations.surfaces.web.__file__).parent
TOKENS = ("key", "str", "num", "fun", "com")
PAIRS = (
    ("ink", "ground"),
    ("ink", "side"),
    ("ink", "raised"),
    ("ink", "said"),
    ("soft", "ground"),
    ("soft", "side"),
    ("soft", "raised"),
    ("amber-ink", "ground"),
    ("amber-ink", "amber-wash"),
    ("amber-ink", "raised"),
    ("ink", "amber-wash"),
    ("bad", "raised"),
    ("bad", "ground"),
    ("bad", "bad-wash"),
    *((f"tok-{token}", "code") for token in TOKENS),
)


def colours(selector: str) -> dict[str, str]:
    css = (STYLES / "base.css").read_text(encoding="utf-8")
    block = re.search(rf"^{re.escape(selector)} {{(.*?)^}}", css, re.DOTALL | re.MULTILINE)
    assert block is not None
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", block[1]))


def luminance(colour: str) -> float:
    """Relative luminance as in WCAG 2.2."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("selector", [":root", ".body--dark"])
@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_text_has_contrast_with_its_ground(selector: str, text: str, ground: str) -> None:
    palette = colours(":root") | colours(selector)
    light, dark = sorted((luminance(palette[text]), luminance(palette[ground])), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_no_style_asks_for_anything_from_elsewhere() -> None:
    styles = [style.read_text(encoding="utf-8") for style in STYLES.glob("*.css")]
    assert len(styles) >= 5
    assert not [css for css in styles if "url(" in css or "@import" in css]


def test_only_recent_questions_are_waited_for() -> None:
    now = datetime(2026, 5, 4, 12, tzinfo=UTC)
    old, done, open_ = uuid4(), uuid4(), uuid4()
    entries = [
        Entry(uuid4(), "person", "u", "old", now.replace(hour=9), old),
        Entry(uuid4(), "person", "u", "done", now, done),
        Entry(uuid4(), "mynah", "Mynah", "answer", now, done),
        Entry(uuid4(), "person", "u", "open", now, open_),
    ]
    assert unanswered(entries, now.replace(hour=11)) == [open_]
