"""GitHub's tools, together.

Decides what each is called in front of people, and what it does to the world.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pydantic_ai import FunctionToolset

from integrations.contracts.tools import Call
from integrations.tools.boxed import Boxed, Facts
from integrations.tools.github.client import GitHub
from integrations.tools.github.contents import Contents
from integrations.tools.github.issues import Issues
from integrations.tools.github.pulls import Pulls
from integrations.tools.github.repositories import Repositories
from integrations.tools.github.runs import Runs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from integrations.tools.github.settings import GitHubSettings

NAME: Final = "github"

FACTS: Final[Mapping[str, Facts]] = {
    "list_repositories": Facts("reads", "List repositories"),
    "get_repository": Facts("reads", "Look at a repository", "repo"),
    "search_code": Facts("reads", "Search code", "query"),
    "get_file": Facts("reads", "Read a file", "path"),
    "list_files": Facts("reads", "List files", "repo"),
    "list_issues": Facts("reads", "List issues", "repo"),
    "get_issue": Facts("reads", "Read an issue", "number"),
    "create_issue": Facts("writes", "Open an issue", "title"),
    "update_issue": Facts("writes", "Change an issue", "number"),
    "comment": Facts("writes", "Comment", "body"),
    "label_issue": Facts("writes", "Label an issue", "labels"),
    "list_pulls": Facts("reads", "List pull requests", "repo"),
    "get_pull": Facts("reads", "Read a pull request", "number"),
    "create_pull": Facts("writes", "Open a pull request", "title"),
    "review_pull": Facts("writes", "Review a pull request", "number"),
    "merge_pull": Facts("writes", "Merge a pull request", "number"),
    "list_runs": Facts("reads", "List runs", "repo"),
    "get_run": Facts("reads", "Look at a run", "run_id"),
    "get_run_log": Facts("reads", "See why a run failed", "run_id"),
    "rerun": Facts("writes", "Run again", "run_id"),
    "wait_for_run": Facts("reads", "Wait for a run", "run_id", slow=True),
}


def toolset(github: GitHub, *, app: bool = False) -> FunctionToolset[Call]:
    """Return GitHub's tools.

    Args:
        github: which they ask.
        app: whether it is asked as an App, which has repositories of its own.
    """
    repositories, contents = Repositories(github, app=app), Contents(github)
    issues, pulls, runs = Issues(github), Pulls(github), Runs(github)
    tools = FunctionToolset[Call](id=NAME, docstring_format="google")
    for part in (repositories, contents, issues, pulls, runs):
        for name in FACTS:
            work = getattr(part, name, None)
            if work is not None:
                tools.add_function(work)
    return tools


def toolbox(settings: GitHubSettings, github: GitHub | None = None) -> Boxed:
    """Return GitHub as a toolbox; closing it closes its connections.

    Args:
        settings: where it is and as whom it is asked.
        github: the same, if it is there already, because others ask it too.
    """
    asked = github or GitHub(settings)
    secrets = [] if settings.token is None else [settings.token.get_secret_value()]
    return Boxed(
        NAME,
        toolset(asked, app=settings.is_app),
        FACTS,
        who="GitHub",
        secrets=secrets,
        close=asked.close,
    )
