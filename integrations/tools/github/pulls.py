"""Pull requests: look, open, review, merge.

Annotations here are read when the tools are made, so they are not postponed.
"""

from typing import Any, Literal

from pydantic_ai import RunContext

from integrations.contracts.tools import Call, ToolResult
from integrations.tools.github import words
from integrations.tools.github.client import GitHub
from integrations.tools.github.marks import made, marked
from integrations.tools.given import Given


class Pulls:
    """The pull requests of repositories."""

    def __init__(self, github: GitHub) -> None:
        self._github = github

    async def list_pulls(
        self,
        repo: str,
        state: Literal["open", "closed", "all"] = "open",
        base: str = "",
        limit: int = 20,
    ) -> Given:
        """List the pull requests of a repository, those last changed first.

        Args:
            repo: the repository, OWNER/NAME.
            state: which ones.
            base: only those into this branch.
            limit: how many at most, up to 100.
        """
        path = words.at(repo, "/pulls")
        page = await self._github.page(
            path, min(limit, 100), state=state, base=base, sort="updated", direction="desc"
        )
        data = [words.issue_data(pull) for pull in page.items]
        return words.listing(page, "pull requests", words.issue_line, data)

    async def get_pull(self, repo: str, number: int, diff: bool = False) -> Given:
        """Read a pull request with the files that it changes.

        Args:
            repo: the repository, OWNER/NAME.
            number: of the pull request.
            diff: whether to show what changes in them, too.
        """
        path = words.at(repo, f"/pulls/{number}")
        pull = await self._github.get(path)
        files = await self._github.page(f"{path}/files", 100)
        text, cut = words.body(pull.get("body"))
        shown = [
            f"- {words.line(f.get('filename'))} ({f.get('status')}, "
            f"+{f.get('additions', 0)} −{f.get('deletions', 0)})"
            for f in files.items
        ]
        parts = [words.issue_line(pull), text, "\n".join(shown)]
        if diff:
            patches, shortened = _diff(files.items)
            cut = cut or shortened
            parts.append(patches)
        data = {
            **words.issue_data(pull),
            "body": text,
            "mergeable": pull.get("mergeable"),
            "sha": (pull.get("head") or {}).get("sha", ""),
            "files": [str(f.get("filename", "")) for f in files.items],
        }
        return ToolResult(
            "\n\n".join(part for part in parts if part),
            data,
            pull.get("html_url", ""),
            cut=cut or files.more,
        )

    async def create_pull(
        self,
        ctx: RunContext[Call],
        repo: str,
        title: str,
        head: str,
        base: str = "",
        body: str = "",
        draft: bool = False,
    ) -> Given:
        """Open a pull request.

        Args:
            ctx: the call.
            repo: the repository, OWNER/NAME.
            title: what it is about, on one line.
            head: the branch with the changes; of a fork, OWNER:BRANCH.
            base: the branch to change; the repository's main one if it is not given.
            body: what there is to say about it, in Markdown.
            draft: whether it is not ready to be reviewed.
        """
        path, action = words.at(repo, "/pulls"), ctx.deps.action_id
        if not base:
            base = str((await self._github.get(words.at(repo))).get("default_branch", "main"))

        async def look() -> Any:  # noqa: ANN401 - JSON
            return await made(
                self._github, path, action, state="all", sort="created", direction="desc"
            )

        async def create() -> Any:  # noqa: ANN401 - JSON
            return await self._github.send(
                "POST",
                path,
                title=title,
                head=head,
                base=base,
                body=marked(body, action),
                draft=draft,
            )

        pull, before = await self._github.once(look, create)
        did, url = "Opened before" if before else "Opened", str(pull.get("html_url", ""))
        return ToolResult(f"{did}: {words.titled(pull)}", words.issue_data(pull), url)

    async def review_pull(
        self,
        ctx: RunContext[Call],
        repo: str,
        number: int,
        verdict: Literal["approve", "request_changes", "comment"],
        body: str = "",
    ) -> Given:
        """Review a pull request.

        Args:
            ctx: the call.
            repo: the repository, OWNER/NAME.
            number: of the pull request.
            verdict: what the review comes to.
            body: what there is to say, in Markdown; only who approves may say nothing.
        """
        path, action = words.at(repo, f"/pulls/{number}/reviews"), ctx.deps.action_id

        async def look() -> Any:  # noqa: ANN401 - JSON
            return await made(self._github, path, action, limit=500)

        async def create() -> Any:  # noqa: ANN401 - JSON
            # The mark would make something of nothing, which GitHub would then take.
            said = marked(body, action) if body.strip() or verdict == "approve" else ""
            return await self._github.send("POST", path, event=verdict.upper(), body=said)

        review, before = await self._github.once(look, create)
        url = str(review.get("html_url", ""))
        said = {"approve": "Approved", "request_changes": "Asked for changes to"}
        did = said.get(verdict, "Reviewed")
        text = f"{did} [#{number}]({url}){' before' if before else ''}."
        data = {"id": review.get("id"), "number": number, "verdict": verdict, "url": url}
        return ToolResult(text, data, url)

    async def merge_pull(
        self,
        repo: str,
        number: int,
        method: Literal["merge", "squash", "rebase"] | None = None,
        sha: str | None = None,
        title: str | None = None,
    ) -> Given:
        """Merge a pull request.

        Args:
            repo: the repository, OWNER/NAME.
            number: of the pull request.
            method: how; as GitHub does if it is not given.
            sha: merge only if this commit is still its last one.
            title: of the commit.
        """
        path = words.at(repo, f"/pulls/{number}")
        pull = await self._github.get(path)

        async def look() -> Any:  # noqa: ANN401 - JSON
            now = await self._github.get(path)
            return {"sha": now.get("merge_commit_sha")} if now.get("merged") else None

        async def merge() -> Any:  # noqa: ANN401 - JSON
            return await self._github.send(
                "PUT", f"{path}/merge", merge_method=method, sha=sha, commit_title=title
            )

        done, before = await self._github.once(look, merge)
        data = {**words.issue_data(pull), "merged": True, "state": "closed", "sha": done.get("sha")}
        did = "Merged before" if before else "Merged"
        return ToolResult(f"{did}: {words.titled(pull)}", data, str(pull.get("html_url", "")))


def _diff(files: Any) -> tuple[str, bool]:  # noqa: ANN401 - JSON
    """Show what changes in files, the first ones whole, and say whether some was left out."""
    parts, left, cut = [], words.MOST_DIFF, False
    for file in files:
        patch = str(file.get("patch") or "")
        if not patch:
            continue  # binary, or too large for GitHub
        part = f"```diff\n--- {words.line(file.get('filename'))}\n{patch[:left]}\n```"
        parts.append(part)
        cut = cut or len(patch) > left
        left -= len(part)
        if left <= 0:
            return "\n".join(parts), True
    return "\n".join(parts), cut
