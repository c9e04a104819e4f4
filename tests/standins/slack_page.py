"""What the stand-in for Slack shows, drawn as a plain page of our own, for eyes and pictures.

It draws what the blocks say and not how Slack looks: who wrote, texts, lists, code, tables and
what can be pressed.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from markdown_it import MarkdownIt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.standins.slack_state import Message, State

    Json = dict[str, Any]

STYLE = """
body { margin: 0; padding: 20px; width: 660px; color: #1d1c1d; background: #fff;
  font: 15px/1.5 "DejaVu Sans", "Noto Sans", "Noto Color Emoji", sans-serif; }
article { display: grid; grid-template-columns: 40px 1fr; gap: 0 12px; margin-bottom: 18px; }
article > i { grid-row: span 2; width: 40px; height: 40px; border-radius: 8px; color: #fff;
  font-style: normal; font-weight: bold; text-align: center; line-height: 40px; }
article > b { line-height: 20px; }
section { border: 1px solid #ccc; border-radius: 10px; padding: 6px 20px 14px; }
h1, h2 { font-size: 18px; margin: 10px 0; }
p, ul, ol, pre, table, blockquote, .row, .said { margin: 6px 0; }
.said { white-space: pre-wrap; }
pre { padding: 8px 12px; background: #f6f6f6; border: 1px solid #ddd; border-radius: 6px;
  font: 13px/1.45 "DejaVu Sans Mono", monospace; white-space: pre-wrap; }
code { font: 13px "DejaVu Sans Mono", monospace; color: #a3284f; }
table { border-collapse: collapse; font-size: 14px; }
td { border: 1px solid #ccc; padding: 4px 12px; }
tr:first-child td { font-weight: bold; background: #f6f6f6; }
.small { color: #616061; font-size: 12.5px; }
.row { display: flex; flex-wrap: wrap; gap: 8px; align-items: start; }
.row > .said { flex: 1; margin: 0; }
.press { border: 1px solid #bbb; border-radius: 6px; padding: 3px 12px; font-size: 13.5px;
  white-space: nowrap; }
.primary { background: #1f5f4a; color: #fff; }
.danger { color: #b0203c; border-color: #b0203c; }
.field { border: 1px solid #bbb; border-radius: 6px; padding: 6px 10px; min-height: 22px;
  color: #616061; white-space: pre-wrap; }
.several { min-height: 60px; }
.input { margin: 12px 0; }
hr { border: 0; border-top: 1px solid #ddd; margin: 12px 0; }
"""
_COLOURS = ("#3f6f9f", "#1f3a5f", "#7a5c2e", "#5c4a7d")
_MARKDOWN = MarkdownIt("commonmark").enable("table")


def channel_page(state: State, messages: Iterable[Message]) -> str:
    """Some messages as a page, with names where Slack sends ids."""
    body = "".join(_message(state, message) for message in messages)
    for user in state.users.values():
        body = body.replace(f"&lt;@{user.id}&gt;", f"@{user.name.title()}")
    return page(body)


def view_page(view: Json) -> str:
    """A modal or somebody's own tab as a page."""
    title = f"<h1>{_text(view['title'])}</h1>" if "title" in view else ""
    ways = [
        f'<span class="press {kind}">{_text(view[name])}</span>'
        for name, kind in (("close", ""), ("submit", "primary"))
        if name in view
    ]
    below = f'<div class="row">{"".join(ways)}</div>' if ways else ""
    return page(f"<section>{title}{blocks(view['blocks'])}{below}</section>")


def page(body: str) -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Slack</title>'
        f"<style>{STYLE}</style></head><body>{body}</body></html>"
    )


def _message(state: State, message: Message) -> str:
    name = state.users[message.user].name.title()
    colour = _COLOURS[sum(map(ord, name)) % len(_COLOURS)]
    alone = ' <span class="small">only you can see this</span>' if message.ephemeral_to else ""
    said = blocks(message.blocks) or f'<p class="said">{escape(message.text)}</p>'
    return (
        f'<article><i style="background:{colour}">{escape(name[:1])}</i>'
        f"<b>{escape(name)}{alone}</b><div>{said}</div></article>"
    )


def blocks(given: Iterable[Json]) -> str:
    return "\n".join(_DRAWN[block["type"]](block) for block in given)


def _text(given: Json | str) -> str:
    return escape(given if isinstance(given, str) else str(given.get("text", "")))


def _section(block: Json) -> str:
    said = f'<div class="said">{_text(block["text"])}</div>' if "text" in block else ""
    beside = element(block["accessory"]) if "accessory" in block else ""
    return f'<div class="row">{said}{beside}</div>'


def _context(block: Json) -> str:
    return f'<div class="small">{" &nbsp; ".join(map(_text, block["elements"]))}</div>'


def _row(block: Json) -> str:
    return f'<div class="row">{"".join(map(element, block["elements"]))}</div>'


def _rich(block: Json) -> str:
    return "".join(map(_rich_part, block["elements"]))


def _rich_part(part: Json) -> str:
    match part["type"]:
        case "rich_text_list":
            kind = "ol" if part["style"] == "ordered" else "ul"
            items = "".join(f"<li>{_inline(item)}</li>" for item in part["elements"])
            return f'<{kind} start="{part.get("offset", 0) + 1}">{items}</{kind}>'
        case "rich_text_preformatted":
            return f"<pre>{_inline(part)}</pre>"
        case "rich_text_quote":
            return f'<blockquote class="said">{_inline(part)}</blockquote>'
        case _:
            return f'<div class="said">{_inline(part)}</div>'


def _inline(part: Json) -> str:
    return "".join(map(_run, part["elements"]))


def _run(run: Json) -> str:
    shown = _text(run)
    for style, tag in (("bold", "b"), ("italic", "i"), ("strike", "s"), ("code", "code")):
        if run.get("style", {}).get(style):
            shown = f"<{tag}>{shown}</{tag}>"
    return f"<u>{shown}</u>" if run["type"] == "link" else shown


def _table(block: Json) -> str:
    aligned = [column.get("align", "left") for column in block.get("column_settings", ())]

    def cell(at: int, given: Json) -> str:
        shown = _rich(given) if given["type"] == "rich_text" else _text(given)
        return f'<td style="text-align:{aligned[at] if at < len(aligned) else "left"}">{shown}</td>'

    rows = ("".join(cell(at, one) for at, one in enumerate(row)) for row in block["rows"])
    return f"<table>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>"


def _input(block: Json) -> str:
    optional = ' <span class="small">(optional)</span>' if block.get("optional") else ""
    hint = f'<div class="small">{_text(block["hint"])}</div>' if "hint" in block else ""
    return (
        f'<div class="input"><b>{_text(block["label"])}</b>{optional}'
        f"{element(block['element'])}{hint}</div>"
    )


def element(given: Json) -> str:
    """Something that can be pressed, picked or filled in."""
    match given["type"]:
        case "button":
            return _press(given["text"], given.get("style", ""))
        case "feedback_buttons":
            ways = ("positive_button", "negative_button")
            return "".join(_press(given[way]["text"]) for way in ways)
        case "overflow":
            return _press("…")
        case "static_select":
            return _press(f"{given['placeholder']['text']} ▾")
        case "checkboxes" | "radio_buttons":
            mark = "☐" if given["type"] == "checkboxes" else "○"
            return "".join(f"<div>{mark} {_text(one['text'])}</div>" for one in given["options"])
        case "plain_text_input":
            shown = given.get("initial_value") or given.get("placeholder", "")
            several = " several" if given.get("multiline") else ""
            return f'<div class="field{several}">{_text(shown)}</div>'
        case kind:
            raise ValueError(f"nobody has drawn {kind} yet")


def _press(text: Json | str, style: str = "") -> str:
    return f'<span class="press {style}">{_text(text)}</span>'


_DRAWN: dict[str, Callable[[Json], str]] = {
    "actions": _row,
    "context": _context,
    "context_actions": _row,
    "divider": lambda _: "<hr>",
    "header": lambda block: f"<h2>{_text(block['text'])}</h2>",
    "input": _input,
    "markdown": lambda block: str(_MARKDOWN.render(block["text"])),
    "rich_text": _rich,
    "section": _section,
    "table": _table,
}
