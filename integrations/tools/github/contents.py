"""Files of a repository: one of them, the list of all, and all of them at once.

Annotations here are read when the tools are made, so they are not postponed.
"""

import asyncio
from base64 import b64decode
from pathlib import Path, PurePosixPath
from typing import Any, Final
from urllib.parse import quote

from integrations.contracts.tools import MOST_RESULT, ToolFailure, ToolResult
from integrations.tools.github import words
from integrations.tools.github.client import GitHub
from integrations.tools.given import Given

RAW: Final = "application/vnd.github.raw+json"
SHA: Final = "application/vnd.github.sha"
MOST_FILE: Final = 15_000
MOST_TREE: Final = 400
MOST_ARCHIVE: Final = 200 * 1024 * 1024


class Contents:
    """The files of repositories."""

    def __init__(self, github: GitHub) -> None:
        self._github = github

    async def get_file(self, repo: str, path: str, ref: str = "") -> Given:
        """Read a file of a repository, or list a folder of it.

        Args:
            repo: the repository, OWNER/NAME.
            path: of the file or folder in it.
            ref: a branch, tag or commit; the main branch if it is not given.
        """
        clean = _clean(path)
        where = words.at(repo, f"/contents/{quote(clean)}")
        found = await self._github.get(where, ref=ref)
        if isinstance(found, list):
            return _folder(clean, found)
        url = str(found.get("html_url") or "")
        if found.get("type") != "file":
            raise ToolFailure("invalid", f"{clean} is no file, but a {found.get('type')}.")
        if found.get("encoding") == "base64":
            content = b64decode(str(found.get("content", ""))).decode(errors="replace")
        else:  # over 1 MB GitHub says only what it is
            asked = f"{where}?ref={quote(ref, safe='')}" if ref else where
            content = await self._github.text(asked, MOST_RESULT, RAW)
        size = int(found.get("size") or 0)
        data: dict[str, Any] = {"path": clean, "sha": found.get("sha"), "size": size, "url": url}
        if "\0" in content:
            return ToolResult(f"{clean} is no text ({size} bytes).", data, url)
        cut = len(content) > MOST_FILE or size > MOST_RESULT
        shown = content[:MOST_FILE]
        fence = "`" * (4 if "```" in shown else 3)
        text = f"{clean}\n{fence}{PurePosixPath(clean).suffix[1:]}\n{shown}\n{fence}"
        return ToolResult(text, {**data, "content": shown}, url, cut=cut)

    async def list_files(self, repo: str, under: str = "", ref: str = "") -> Given:
        """List the files of a repository.

        Args:
            repo: the repository, OWNER/NAME.
            under: only those in this folder.
            ref: a branch, tag or commit; the main branch if it is not given.
        """
        path = words.at(repo, f"/git/trees/{quote(ref or 'HEAD', safe='')}")
        tree = await self._github.get(path, recursive=1)
        folder = f"{_clean(under)}/" if _clean(under) else ""
        names = [
            str(each.get("path", ""))
            for each in tree.get("tree") or ()
            if each.get("type") == "blob" and str(each.get("path", "")).startswith(folder)
        ]
        if not names:
            return ToolResult("No files.", {"files": [], "count": 0})
        shown, cut = names[:MOST_TREE], len(names) > MOST_TREE or bool(tree.get("truncated"))
        lines = [*shown, "… and more"] if cut else shown
        return ToolResult("\n".join(lines), {"files": shown, "count": len(names)}, cut=cut)


async def commit(github: GitHub, repo: str, ref: str = "HEAD") -> str:
    """Return the commit that a branch or tag stands for now.

    Raises:
        ToolFailure: if there is none.
    """
    path = words.at(repo, f"/commits/{quote(ref or 'HEAD', safe='')}")
    return (await github.text(path, 64, SHA)).strip()


async def archive(
    github: GitHub, repo: str, ref: str, file: Path, *, most_bytes: int = MOST_ARCHIVE
) -> int:
    """Write all files of a repository, as a .tar.gz, to a file; return how many bytes that are.

    Raises:
        ToolFailure: if it cannot be had, or is larger than allowed; then no file is left.
    """
    path = words.at(repo, f"/tarball/{quote(ref or 'HEAD', safe='')}")
    size = 0
    out = await asyncio.to_thread(file.open, "wb")
    try:
        async with github.stream(path) as chunks:
            async for chunk in chunks:
                size += len(chunk)
                _check(repo, size, most_bytes)
                await asyncio.to_thread(out.write, chunk)
    except BaseException:
        out.close()
        await asyncio.to_thread(file.unlink, missing_ok=True)
        raise
    out.close()
    return size


def _check(repo: str, size: int, most_bytes: int) -> None:
    if size > most_bytes:
        most = most_bytes // 2**20
        raise ToolFailure("too_large", f"{repo} has more than {most} MB of files.")


def _clean(path: str) -> str:
    """Return a path as GitHub takes it.

    Raises:
        ToolFailure: if it leads out of the repository.
    """
    parts = [part for part in path.strip().split("/") if part not in {"", "."}]
    if ".." in parts:
        raise ToolFailure("invalid", "A path starts at the top of the repository.", "path: no ..")
    return "/".join(parts)


def _folder(path: str, entries: list[Any]) -> ToolResult:
    names = [
        f"{each.get('name')}/" if each.get("type") == "dir" else str(each.get("name"))
        for each in entries
    ]
    cut = len(names) > MOST_TREE
    shown = names[:MOST_TREE]
    return ToolResult("\n".join(shown) or "Empty.", {"path": path, "files": shown}, cut=cut)
