"""Repositories on GitHub, for projects that are connected: as who we are there, or as anybody.

Decides whose access counts: the installation's own only where the settings give it to a workspace,
and only for who may speak for that workspace. Refuses to know what is read in them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.acting.connected import github_of
from integrations.tools.github.client import GitHub
from integrations.tools.github.contents import archive, commit
from integrations.tools.github.settings import GitHubSettings

if TYPE_CHECKING:
    from pathlib import Path

    from bot.settings import Settings


class GitHubRepositories:
    """Reaches them.

    Args:
        settings: what the installation says of GitHub.
    """

    def __init__(self, settings: Settings) -> None:
        ours = github_of(settings)
        self._anybody = GitHub(GitHubSettings(api_url=ours.api_url))
        self._ours = GitHub(ours) if ours.connected else None
        self._settings = settings

    async def commit(self, workspace_id: str, repo: str, ref: str, *, trusted: bool) -> str:
        """Return the newest commit of a branch.

        Raises:
            ToolFailure: if it cannot be had.
        """
        return await commit(self._as(workspace_id, trusted=trusted), repo, ref or "HEAD")

    async def archive(
        self, workspace_id: str, repo: str, ref: str, file: Path, *, trusted: bool
    ) -> None:
        """Write a commit's files to ``file``.

        Raises:
            ToolFailure: if they cannot be had, or are too many.
        """
        await archive(self._as(workspace_id, trusted=trusted), repo, ref, file)

    async def close(self) -> None:
        """Close the connections."""
        for github in (self._anybody, self._ours):
            if github is not None:
                await github.close()

    def _as(self, workspace_id: str, *, trusted: bool) -> GitHub:
        ours = trusted and self._settings.shares_tools_with(workspace_id)
        return self._ours if ours and self._ours is not None else self._anybody
