"""Reads HTML: the main content as numbered lines.

Decides which part of a page is its content and what its blocks are. Refuses to
run scripts or to load anything a page points to.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bs4 import BeautifulSoup
from bs4.element import NavigableString, PreformattedString, Tag

from integrations.knowledge.sheet import Sheet

if TYPE_CHECKING:
    from collections.abc import Iterator

_NOISE = [
    *("script", "style", "template", "noscript", "nav", "iframe", "object", "embed", "svg"),
    *("math", "canvas", "audio", "video", "map", "button", "select", "textarea", "input", "dialog"),
]
_ASIDE = ["header", "footer", "aside"]
_BLOCKS = frozenset(
    (
        *(
            "address",
            "article",
            "aside",
            "blockquote",
            "body",
            "caption",
            "center",
            "dd",
            "details",
        ),
        *("div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "header", "hr", "html"),
        *("legend", "li", "main", "menu", "ol", "p", "section", "summary", "ul", "table", "thead"),
        *("tbody", "tfoot", "tr", "td", "th"),
    )
)
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_DEEPEST = 500
_MAIN_SHARE = 0.25
"""A main element with less than this share of the text is a decoy."""


def html(text: str) -> tuple[str, Sheet]:
    """Return the page's title and its main content."""
    if "<" not in text:
        # The library would warn that this is no markup; it is right.
        sheet = Sheet()
        sheet.write(text)
        return "", sheet
    # A declaration marks XHTML, which the HTML parser reads as well, but not without a warning.
    soup = BeautifulSoup(re.sub(r"\A\s*<\?xml[^>]*\?>", "", text), "lxml")
    title = " ".join(soup.title.get_text().split())[:300] if soup.title else ""
    sheet = Sheet()
    if _too_deep(soup):
        # No page for people nests like this, and each search would walk the whole depth.
        sheet.write(soup.get_text("\n"))
        return title, sheet
    for wanted in (_NOISE, _hidden):
        for tag in soup.find_all(wanted):
            if not tag.decomposed:
                tag.decompose()
    _write(_content(soup), sheet)
    if not title and sheet.blocks and sheet.blocks[0].path:
        title = sheet.blocks[0].path[0]
    return title, sheet


def _too_deep(soup: BeautifulSoup) -> bool:
    stack: list[Iterator[object]] = [iter(soup.contents)]
    while stack and len(stack) <= _DEEPEST:
        node = next(stack[-1], None)
        if node is None:
            stack.pop()
        elif isinstance(node, Tag):
            stack.append(iter(node.contents))
    return bool(stack)


def _hidden(tag: Tag) -> bool:
    return (
        tag.has_attr("hidden")
        or tag.get("aria-hidden") == "true"
        or tag.get("role") in {"navigation", "search", "banner", "contentinfo"}
        or "display:none" in str(tag.get("style", "")).replace(" ", "").lower()
    )


def _content(soup: BeautifulSoup) -> Tag:
    """Return the element that holds the content: main or article, else the body."""
    body: Tag = soup.body or soup
    whole = len(body.get_text())
    candidates = [*soup.find_all("main"), *soup.find_all(role="main")]
    articles = soup.find_all("article")
    if len(articles) == 1:
        candidates.append(articles[0])
    for candidate in candidates:
        if len(candidate.get_text()) >= _MAIN_SHARE * whole:
            return candidate
    for tag in body.find_all(_ASIDE):
        # The header of an article holds its heading; that of a page holds its menu.
        if not tag.find("h1") and not tag.find_parent("article"):
            tag.decompose()
    return body


def _write(root: Tag, sheet: Sheet) -> None:
    """Write the blocks below an element, without recursion: pages nest without bound."""
    words: list[str] = []
    bullet = ""
    for node in _events(root):
        if isinstance(node, str):
            words.append(re.sub(r"\s+", " ", node))
            continue
        if node.name == "br":
            words.append("\n")
            continue
        text = "\n".join(" ".join(line.split()) for line in "".join(words).split("\n")).strip()
        words.clear()
        if text:
            sheet.write(bullet + text)
        if text or node.name in {"ul", "ol"}:
            bullet = ""
        if node.name == "li":
            bullet = "- "
        elif node is not root:
            _write_whole(node, sheet)


def _write_whole(node: Tag, sheet: Sheet) -> None:
    """Write what comes as one piece: a heading, preformatted text or a table of data."""
    if node.name in _HEADINGS:
        sheet.heading(_HEADINGS[node.name], _without_anchor(node))
    elif node.name == "pre":
        sheet.write(node.get_text(), "code")
    elif _is_data(node):
        sheet.write("\n".join(_rows(node)), "table")


def _events(root: Tag) -> Iterator[Tag | str]:
    """Yield texts, and each block-level tag both where it starts and where it ends.

    Headings, preformatted text and data tables come once, whole.
    """
    stack: list[Iterator[object]] = [iter(root.contents)]
    open_tags: list[Tag] = [root]
    while stack:
        node = next(stack[-1], None)
        if node is None:
            stack.pop()
            tag = open_tags.pop()
            if tag is root or (tag.name in _BLOCKS and tag.name != "li"):
                yield tag
        elif isinstance(node, Tag):
            whole = node.name in _HEADINGS or node.name in {"pre", "br"} or _is_data(node)
            if whole or node.name in _BLOCKS:
                yield node
            if not whole:
                stack.append(iter(node.contents))
                open_tags.append(node)
        elif isinstance(node, NavigableString) and not isinstance(node, PreformattedString):
            yield str(node)


def _is_data(tag: Tag) -> bool:
    """Tell a table of data from one that lays out the page."""
    return (
        tag.name == "table"
        and tag.get("role") != "presentation"
        and tag.find(["table", "pre", "h1", "h2", "h3", "p", "ul"]) is None
    )


def _rows(table: Tag) -> Iterator[str]:
    for row in table.find_all("tr"):
        cells = [" ".join(cell.get_text(" ").split()) for cell in row.find_all(["td", "th"])]
        if any(cells):
            yield "| " + " | ".join(cells) + " |"


def _without_anchor(heading: Tag) -> str:
    """Return a heading without the pilcrow that documentation tools link it with."""
    return re.sub(r"\s*[¶#§🔗]\s*$", "", heading.get_text(" "))
