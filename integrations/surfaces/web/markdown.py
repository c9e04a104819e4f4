"""Markdown to HTML for text that nobody vouches for.

Decides what of a message may become markup: never its own HTML, never an image
(it would be fetched from elsewhere), links only to http, https and mail
addresses. Refuses to know whose message it is.
"""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING, Any

import pygments  # type: ignore[import-untyped] # ships no types; only used below
from markdown_it import MarkdownIt
from pygments.formatters import HtmlFormatter  # type: ignore[import-untyped] # as above
from pygments.lexers import get_lexer_by_name  # type: ignore[import-untyped] # as above
from pygments.util import ClassNotFound  # type: ignore[import-untyped] # as above

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from markdown_it.renderer import RendererHTML
    from markdown_it.rules_inline import StateInline
    from markdown_it.token import Token
    from markdown_it.utils import EnvType, OptionsDict

_CITATION = re.compile(r"\[(\d{1,3}(?:\s*,\s*\d{1,3})*)\](?!\()")
_SAFE_LINK = re.compile(r"(?:https?://|mailto:)", re.IGNORECASE)
_HIGHLIGHT_LIMIT = 60_000
"""Characters of code beyond which colours are not worth the wait."""


class Markdown:
    """Renders messages; build one and share it."""

    def __init__(self) -> None:
        self._parser = _parser(breaks=False)
        self._parser_of_speech = _parser(breaks=True)

    def answer(self, text: str, marks: Collection[int] = ()) -> str:
        """Return an answer's HTML, with a button for each citation mark it has a source for."""
        return str(self._parser.render(text, {"marks": frozenset(marks)}))

    def speech(self, text: str) -> str:
        """Return a person's message as HTML; its line breaks stay."""
        return str(self._parser_of_speech.render(text, {"marks": frozenset()}))


def _parser(*, breaks: bool) -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "breaks": breaks})
    parser.enable(["table", "strikethrough"])
    parser.validateLink = _is_safe_link  # type: ignore[method-assign] # markdown-it's own hook
    parser.inline.ruler.before("link", "citation", _citation)
    parser.add_render_rule("citation", _render_citation)
    parser.add_render_rule("link_open", _render_link_open)
    parser.add_render_rule("image", _render_image)
    parser.add_render_rule("fence", _render_code)
    parser.add_render_rule("code_block", _render_code)
    parser.add_render_rule("table_open", lambda *_: '<div class="m-table"><table>\n')
    parser.add_render_rule("table_close", lambda *_: "</table></div>\n")
    return parser


def _is_safe_link(url: str) -> bool:
    return _SAFE_LINK.match(url.strip()) is not None


def _citation(state: StateInline, silent: bool) -> bool:
    found = _CITATION.match(state.src, state.pos)
    if found is None:
        return False
    marks = [int(mark) for mark in found[1].split(",")]
    if not set(marks) <= state.env.get("marks", frozenset()):
        return False
    if not silent:
        for mark in marks:
            state.push("citation", "", 0).meta = {"mark": mark}
    state.pos = found.end()
    return True


def _render_citation(_renderer: RendererHTML, tokens: Sequence[Token], idx: int, *_: object) -> str:
    mark = int(tokens[idx].meta["mark"])
    return (
        f'<button type="button" class="m-cite" data-mark="{mark}" '
        f'aria-label="Source {mark}">{mark}</button>'
    )


def _render_link_open(
    renderer: RendererHTML,
    tokens: Sequence[Token],
    idx: int,
    options: OptionsDict,
    _env: EnvType,
) -> str:
    tokens[idx].attrSet("target", "_blank")
    tokens[idx].attrSet("rel", "noopener noreferrer nofollow")
    return renderer.renderToken(tokens, idx, options, _env)


def _render_image(_renderer: RendererHTML, tokens: Sequence[Token], idx: int, *_: object) -> str:
    url = escape(str(tokens[idx].attrGet("src") or ""))
    label = escape(tokens[idx].content or "image")
    return f'<a href="{url}" target="_blank" rel="noopener noreferrer nofollow">{label}</a>'


def _render_code(_renderer: RendererHTML, tokens: Sequence[Token], idx: int, *_: object) -> str:
    token = tokens[idx]
    language = token.info.split(maxsplit=1)[0] if token.info.strip() else ""
    return (
        f'<div class="m-code"><div class="m-code-head"><span>{escape(language) or "text"}</span>'
        '<button type="button" class="m-copy">Copy</button></div>'
        f'<pre tabindex="0"><code>{_highlight(token.content, language)}</code></pre></div>\n'
    )


def _highlight(code: str, language: str) -> str:
    if not language or len(code) > _HIGHLIGHT_LIMIT:
        return escape(code)
    try:
        lexer: Any = get_lexer_by_name(language, stripnl=False)
    except ClassNotFound:
        return escape(code)
    return str(pygments.highlight(code, lexer, HtmlFormatter(nowrap=True)))
