"""What the settings say is connected, and what opens it.

Decides which sources there are without anybody adding one. Refuses to know how they are joined;
``app`` does that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from bot.acting.toolboxes import Box, Given
from bot.settings import environment
from integrations.knowledge.web import is_public
from integrations.loading import load
from integrations.tools.github.settings import GitHubSettings
from integrations.tools.music.settings import SHAPES, MusicSettings
from integrations.tools.outside import open_source, read_sources, source_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bot.settings import Settings


def given_by(settings: Settings) -> list[Given]:
    """Return the sources that the settings speak of.

    Raises:
        SourceInvalid: with what to change.
    """
    named = settings.tool_workspaces
    everywhere = () if "*" in named else named
    given = []
    # Where no workspace is named it is nobody's: a source without any would be everybody's.
    if github_of(settings).connected and named:
        given.append(Given("github", "github", {}, everywhere))
    if settings.music_url and named:
        given.append(Given("music", "music", {}, everywhere))
    if settings.tools is not None:
        given += [
            Given(
                name,
                source.kind,
                source.model_dump(mode="json"),
                source.workspaces or everywhere,
            )
            for name, source in read_sources(settings.tools, environment()).items()
            if source.workspaces or named
        ]
    return given


def github_of(settings: Settings) -> GitHubSettings:
    """Return as whom GitHub is asked."""
    return GitHubSettings(
        token=settings.github_token,
        app_id=settings.github_app_id,
        private_key=settings.github_app_key,
        installation_id=settings.github_installation_id,
        api_url=settings.github_api_url,
    )


def openers(
    settings: Settings,
    public: Callable[[str], bool] = is_public,
) -> Mapping[str, Callable[[str, Mapping[str, Any]], Box]]:
    """Return what opens a source, by its kind.

    Args:
        settings: what the installation says of GitHub and music; their sources carry no secrets.
        public: tells whether anybody on the internet could ask an address.
    """

    def open_(name: str, body: Mapping[str, Any]) -> Box:
        return open_source(name, source_of(name, body), public)

    def open_github(name: str, body: Mapping[str, Any]) -> Box:
        del name, body
        toolset = load("integrations.tools.github.toolset")
        return cast("Box", toolset.toolbox(github_of(settings)))

    def open_music(name: str, body: Mapping[str, Any]) -> Box:
        del name, body
        service = MusicSettings(
            url=settings.music_url,
            token=settings.music_token,
            shape=SHAPES[settings.music_shape],
        )
        return cast("Box", load("integrations.tools.music.toolset").toolbox(service))

    return {"mcp": open_, "http": open_, "github": open_github, "music": open_music}
