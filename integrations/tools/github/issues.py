"""Issues: look, open, change, comment, label.

Annotations here are read when the tools are made, so they are not postponed.
"""

from typing import Any, Literal

from pydantic_ai import RunContext

from integrations.contracts.tools import Call, ToolResult
from integrations.tools.github import words
from integrations.tools.github.client import GitHub
from integrations.tools.github.marks import made, marked, since
from integrations.tools.given import Given


class Issues:
    """The issues of repositories."""

    def __init__(self, github: GitHub) -> None:
        self._github = github

    async def list_issues(
        self,
        repo: str,
        state: Literal["open", "closed", "all"] = "open",
        labels: list[str] | None = None,
        assignee: str = "",
        limit: int = 20,
    ) -> Given:
        """List the issues of a repository, those last changed first.

        Args:
            repo: the repository, OWNER/NAME.
            state: which ones.
            labels: only those that carry all of these.
            assignee: only those that somebody, by login, is to do.
            limit: how many at most, up to 100.
        """
        page = await self._github.page(
            words.at(repo, "/issues"),
            min(limit, 100),
            state=state,
            labels=",".join(labels or ()),
            assignee=assignee,
            sort="updated",
        )
        # GitHub lists pull requests among the issues.
        only = type(page)(tuple(i for i in page.items if "pull_request" not in i), page.more)
        data = [words.issue_data(issue) for issue in only.items]
        return words.listing(only, "issues", words.issue_line, data)

    async def get_issue(self, repo: str, number: int) -> Given:
        """Read an issue with its latest comments.

        Args:
            repo: the repository, OWNER/NAME.
            number: of the issue.
        """
        issue = await self._github.get(words.at(repo, f"/issues/{number}"))
        comments = await self._github.page(words.at(repo, f"/issues/{number}/comments"), 100)
        text, cut = words.body(issue.get("body"))
        parts = [words.issue_line(issue), text]
        last = comments.items[-10:]
        for comment in last:
            said, shortened = words.body(comment.get("body"))
            cut = cut or shortened
            who, when = words.login(comment.get("user")), words.day(comment.get("created_at"))
            parts.append(f"{who or 'somebody'}, {when}: {said}")
        data = {
            **words.issue_data(issue),
            "body": text,
            "comments": [
                {"author": words.login(c.get("user")), "body": words.body(c.get("body"))[0]}
                for c in last
            ],
        }
        return ToolResult(
            "\n\n".join(part for part in parts if part),
            data,
            issue.get("html_url", ""),
            cut=cut or comments.more or len(last) < len(comments.items),
        )

    async def create_issue(
        self,
        ctx: RunContext[Call],
        repo: str,
        title: str,
        body: str = "",
        labels: list[str] | None = None,
        assignees: list[str] | None = None,
        milestone: int | None = None,
    ) -> Given:
        """Open an issue.

        Args:
            ctx: the call.
            repo: the repository, OWNER/NAME.
            title: what it is about, on one line.
            body: what there is to say about it, in Markdown.
            labels: names of labels.
            assignees: logins of those who are to do it.
            milestone: number of a milestone.
        """
        path, action = words.at(repo, "/issues"), ctx.deps.action_id

        async def look() -> Any:  # noqa: ANN401 - JSON
            return await made(
                self._github, path, action, state="all", sort="created", direction="desc"
            )

        async def create() -> Any:  # noqa: ANN401 - JSON
            return await self._github.send(
                "POST",
                path,
                title=title,
                body=marked(body, action),
                labels=labels,
                assignees=assignees,
                milestone=milestone,
            )

        issue, before = await self._github.once(look, create)
        return _done("Opened", issue, before=before)

    async def update_issue(
        self,
        repo: str,
        number: int,
        state: Literal["open", "closed"] | None = None,
        state_reason: Literal["completed", "not_planned", "reopened"] | None = None,
        title: str | None = None,
        body: str | None = None,
        labels: list[str] | None = None,
        assignees: list[str] | None = None,
        milestone: int | None = None,
    ) -> Given:
        """Change an issue, close it or open it again; what is not given stays as it is.

        Args:
            repo: the repository, OWNER/NAME.
            number: of the issue.
            state: whether it is open from now on.
            state_reason: why.
            title: another title.
            body: another text, in place of the one it has.
            labels: all labels that it has from now on.
            assignees: logins of all who are to do it from now on.
            milestone: number of a milestone.
        """
        issue = await self._github.send(
            "PATCH",
            words.at(repo, f"/issues/{number}"),
            state=state,
            state_reason=state_reason,
            title=title,
            body=body,
            labels=labels,
            assignees=assignees,
            milestone=milestone,
        )
        did = {"closed": "Closed", "open": "Opened again"}.get(state or "", "Changed")
        return _done(did, issue)

    async def comment(self, ctx: RunContext[Call], repo: str, number: int, body: str) -> Given:
        """Comment on an issue or a pull request.

        Args:
            ctx: the call.
            repo: the repository, OWNER/NAME.
            number: of the issue or pull request.
            body: what to say, in Markdown.
        """
        path, action = words.at(repo, f"/issues/{number}/comments"), ctx.deps.action_id

        async def look() -> Any:  # noqa: ANN401 - JSON
            return await made(self._github, path, action, limit=500, since=since(action))

        async def create() -> Any:  # noqa: ANN401 - JSON
            return await self._github.send("POST", path, body=marked(body, action))

        comment, before = await self._github.once(look, create)
        url = str(comment.get("html_url", ""))
        text = f"{'Had commented' if before else 'Commented'} on [#{number}]({url})."
        return ToolResult(text, {"id": comment.get("id"), "number": number, "url": url}, url)

    async def label_issue(self, repo: str, number: int, labels: list[str]) -> Given:
        """Put labels on an issue or a pull request, beside those that it has.

        Args:
            repo: the repository, OWNER/NAME.
            number: of the issue or pull request.
            labels: their names.
        """
        path = words.at(repo, f"/issues/{number}/labels")
        now = words.labels({"labels": await self._github.send("POST", path, labels=labels)})
        text = f"#{number} has the labels {', '.join(now)}."
        return ToolResult(text, {"number": number, "labels": now})


def _done(did: str, issue: Any, *, before: bool = False) -> ToolResult:  # noqa: ANN401 - JSON
    did = f"{did} before" if before else did
    url = str(issue.get("html_url", ""))
    return ToolResult(f"{did}: {words.titled(issue)}", words.issue_data(issue), url)
