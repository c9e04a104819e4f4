"""GitHub's things in few words, for people and models, and as data for programs.

Decides what of a thing is kept. What is quoted was written by others: on one line, and cut.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from integrations.contracts.tools import ToolFailure, ToolResult

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from integrations.tools.github.client import Page

MOST_LINE: Final = 200
MOST_BODY: Final = 6_000
MOST_DIFF: Final = 12_000
_REPOSITORY: Final = re.compile(r"(?!\.{1,2}/)[\w.-]{1,100}/(?!\.{1,2}$)[\w.-]{1,100}")
_OURS: Final = re.compile(r"\s*<!-- mynah:[0-9a-f]{32} -->")


def at(repo: str, rest: str = "") -> str:
    """Return the path of a repository, or of something in it.

    Raises:
        ToolFailure: if that is no name of one.
    """
    name = repo.strip().removeprefix("https://github.com/").removesuffix(".git").strip("/")
    if not _REPOSITORY.fullmatch(name):
        raise ToolFailure(
            "invalid",
            "A repository is named OWNER/NAME, such as acme/api.",
            "repo: should be owner/name",
        )
    return f"/repos/{name}{rest}"


def line(text: object, most: int = MOST_LINE) -> str:
    """Return a text on one line, cut if it is long."""
    flat = " ".join(str(text or "").split())
    return flat if len(flat) <= most else flat[: most - 1] + "…"


def body(text: object) -> tuple[str, bool]:
    """Return a longer text without our own mark, and whether some of it was cut."""
    whole = _OURS.sub("", str(text or "")).strip()
    return whole[:MOST_BODY], len(whole) > MOST_BODY


def login(user: object) -> str:
    """Return the name of somebody; those who left have none."""
    return str(user.get("login", "")) if isinstance(user, dict) else ""


def day(text: object) -> str:
    """Return the day of a time."""
    return str(text or "")[:10]


def listing(
    page: Page, noun: str, show: Callable[[Mapping[str, Any]], str], data: Sequence[Any]
) -> ToolResult:
    """Make the result of a list."""
    if not page.items:
        return ToolResult(f"No {noun}.", {"items": [], "more": False})
    lines = [f"- {show(each)}" for each in page.items]
    if page.more:
        lines.append("- … and more")
    return ToolResult("\n".join(lines), {"items": list(data), "more": page.more}, cut=page.more)


def issue_data(issue: Mapping[str, Any]) -> dict[str, Any]:
    """Keep of an issue or a pull request what says what it is."""
    kept: dict[str, Any] = {
        "number": issue.get("number"),
        "title": line(issue.get("title")),
        "state": issue.get("state", ""),
        "url": issue.get("html_url", ""),
        "author": login(issue.get("user")),
        "labels": labels(issue),
        "assignees": [login(each) for each in issue.get("assignees") or ()],
        "created_at": issue.get("created_at"),
    }
    if "head" in issue:
        kept |= {
            "head": _ref(issue.get("head")),
            "base": _ref(issue.get("base")),
            "draft": bool(issue.get("draft")),
            "merged": bool(issue.get("merged") or issue.get("merged_at")),
        }
    return kept


def labels(issue: Mapping[str, Any]) -> list[str]:
    """Return the names of an issue's labels."""
    found = issue.get("labels") or ()
    return [str(each.get("name", "")) if isinstance(each, dict) else str(each) for each in found]


def issue_line(issue: Mapping[str, Any]) -> str:
    """Show an issue or a pull request on one line."""
    parts = [str(issue.get("state", "")), f"by {login(issue.get('user')) or 'somebody'}"]
    if "head" in issue:
        parts.append(f"{_ref(issue.get('head'))} → {_ref(issue.get('base'))}")
        parts += ["draft"] if issue.get("draft") else []
    parts += [", ".join(labels(issue))] if labels(issue) else []
    parts.append(day(issue.get("updated_at") or issue.get("created_at")))
    return f"{titled(issue)} · {' · '.join(part for part in parts if part)}"


def titled(issue: Mapping[str, Any]) -> str:
    """Show the number of an issue, as a link, and its title."""
    return f"[#{issue.get('number')}]({issue.get('html_url', '')}) {line(issue.get('title'))}"


def _ref(branch: object) -> str:
    return str(branch.get("ref", "")) if isinstance(branch, dict) else ""
