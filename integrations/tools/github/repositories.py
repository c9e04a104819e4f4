"""Repositories: list, look, search their code.

Annotations here are read when the tools are made, so they are not postponed.
"""

from collections.abc import Mapping
from typing import Any

from integrations.contracts.tools import ToolResult
from integrations.tools.github import words
from integrations.tools.github.client import GitHub, Page
from integrations.tools.given import Given

MATCHES = "application/vnd.github.text-match+json"


class Repositories:
    """The repositories that the token may see."""

    def __init__(self, github: GitHub, *, app: bool = False) -> None:
        self._github = github
        self._app = app

    async def list_repositories(self, limit: int = 30) -> Given:
        """List the repositories that can be used here, those last pushed to first.

        Args:
            limit: how many at most, up to 100.
        """
        limit = min(limit, 100)
        if self._app:
            page = await self._github.page(
                "/installation/repositories", limit, under="repositories"
            )
        else:
            page = await self._github.page("/user/repos", limit, sort="pushed")
        return words.listing(page, "repositories", _line, [_data(repo) for repo in page.items])

    async def get_repository(self, repo: str) -> Given:
        """Look at a repository: what it is, its main branch, how much is open.

        Args:
            repo: the repository, OWNER/NAME.
        """
        found = await self._github.get(words.at(repo))
        text = (
            f"{_line(found)}\n"
            f"Main branch {found.get('default_branch')}, "
            f"{found.get('open_issues_count', 0)} open issues and pull requests, "
            f"last push {words.day(found.get('pushed_at'))}."
        )
        return ToolResult(text, _data(found), str(found.get("html_url", "")))

    async def search_code(self, query: str, repo: str = "", limit: int = 10) -> Given:
        """Search code on main branches, by words that stand in it.

        Args:
            query: words, and GitHub's qualifiers: "path:src language:python".
            repo: only in this repository, OWNER/NAME.
            limit: how many files at most, up to 100.
        """
        asked = query
        if repo:
            asked += f" repo:{words.at(repo).removeprefix('/repos/')}"
        found = await self._github.get(
            "/search/code", MATCHES, q=asked, per_page=min(max(limit, 1), 100)
        )
        items = found.get("items") or ()
        page = Page(tuple(items), int(found.get("total_count") or 0) > len(items))
        data = [
            {"repo": _name(hit), "path": hit.get("path", ""), "url": hit.get("html_url", "")}
            for hit in items
        ]
        return words.listing(page, "files", _hit, data)


def _name(hit: Mapping[str, Any]) -> str:
    return str((hit.get("repository") or {}).get("full_name", ""))


def _hit(hit: Mapping[str, Any]) -> str:
    shown = f"{_name(hit)} [{words.line(hit.get('path'))}]({hit.get('html_url', '')})"
    matches = [words.line(match.get("fragment")) for match in hit.get("text_matches") or ()]
    return "\n".join([shown, *(f"    {match}" for match in matches[:2] if match)])


def _line(repo: Mapping[str, Any]) -> str:
    parts = [
        words.line(repo.get("description")),
        str(repo.get("language") or ""),
        "private" if repo.get("private") else "",
        "archived" if repo.get("archived") else "",
    ]
    name = f"[{repo.get('full_name')}]({repo.get('html_url', '')})"
    return " · ".join([name, *(part for part in parts if part)])


def _data(repo: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "repo": repo.get("full_name", ""),
        "url": repo.get("html_url", ""),
        "description": words.line(repo.get("description")),
        "language": repo.get("language"),
        "default_branch": repo.get("default_branch", ""),
        "private": bool(repo.get("private")),
        "archived": bool(repo.get("archived")),
        "topics": list(repo.get("topics") or ()),
    }
