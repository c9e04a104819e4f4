"""Settings: what an installation says, from the environment or a ``.env`` file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AliasChoices, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from integrations.models.mapping import ModelSettings
from learning.feedback import ratings_of
from learning.roles import ROLE_NAMES, RoleName
from learning.routing.registry import DEFAULT, POLICIES

if TYPE_CHECKING:
    from collections.abc import Mapping


def environment() -> Mapping[str, str]:
    """Return the environment, for what names variables of it."""
    return os.environ


class Settings(BaseSettings):
    """Everything that can be set; nothing has to be."""

    model_config = SettingsConfigDict(
        env_prefix="MYNAH_", env_file=".env", extra="ignore", env_ignore_empty=True
    )

    home: Path = Field(default_factory=lambda: Path.home() / ".mynah")
    database_url: SecretStr | None = None
    encryption_keys: Annotated[tuple[SecretStr, ...], NoDecode] = ()
    embedder: str = "auto"
    reranker: str = "auto"
    policy: str = DEFAULT
    incumbent: RoleName | None = None

    role_router: str = ""
    role_math: str = ""
    role_lead: str = ""
    role_senior: str = ""
    role_architect: str = ""

    vision: str = ""
    transcription: str = ""

    turn_timeout_s: float = Field(default=120.0, gt=0, le=3600)
    turn_budget_usd: float = Field(default=0.50, ge=0)
    person_budget_usd: float | None = Field(default=None, ge=0)
    workspace_budget_usd: float | None = Field(default=None, ge=0)
    quality_per_usd: float | None = Field(default=None, ge=0)
    quality_per_second: float | None = Field(default=None, ge=0)
    distil: Literal["auto", "off"] = "auto"
    reactions: str = ""
    keep_unlearned_days: int = Field(default=30, ge=1, le=3650)
    max_tokens: int = Field(default=1024, gt=0)
    workers: int = Field(default=4, ge=1, le=64)
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    fastembed_cache: Path | None = Field(default=None, validation_alias="FASTEMBED_CACHE_PATH")
    openai_api_key: SecretStr | None = Field(default=None, validation_alias="OPENAI_API_KEY")
    openai_base_url: str | None = Field(default=None, validation_alias="OPENAI_BASE_URL")
    anthropic_api_key: SecretStr | None = Field(default=None, validation_alias="ANTHROPIC_API_KEY")
    anthropic_base_url: str | None = Field(default=None, validation_alias="ANTHROPIC_BASE_URL")
    ollama_base_url: str | None = Field(default=None, validation_alias="OLLAMA_BASE_URL")

    slack_bot_token: SecretStr | None = Field(default=None, validation_alias="SLACK_BOT_TOKEN")
    slack_app_token: SecretStr | None = Field(default=None, validation_alias="SLACK_APP_TOKEN")
    slack_signing_secret: SecretStr | None = Field(
        default=None, validation_alias="SLACK_SIGNING_SECRET"
    )
    slack_client_id: str | None = Field(default=None, validation_alias="SLACK_CLIENT_ID")
    slack_client_secret: SecretStr | None = Field(
        default=None, validation_alias="SLACK_CLIENT_SECRET"
    )
    slack_config_token: SecretStr | None = Field(
        default=None, validation_alias="SLACK_CONFIG_TOKEN"
    )
    slack_sockets: int = Field(default=1, ge=1, le=10, validation_alias="SLACK_SOCKETS")
    slack_api_url: str = Field(default="https://slack.com/api/", validation_alias="SLACK_API_URL")

    tools: Path | None = None
    tool_workspaces: Annotated[tuple[str, ...], NoDecode] = ("local",)
    github_token: SecretStr | None = Field(
        default=None, validation_alias=AliasChoices("MYNAH_GITHUB_TOKEN", "GITHUB_TOKEN")
    )
    github_api_url: str = Field(default="https://api.github.com", validation_alias="GITHUB_API_URL")
    github_app_id: str = Field(default="", validation_alias="GITHUB_APP_ID")
    github_app_key: SecretStr | None = Field(default=None, validation_alias="GITHUB_APP_KEY")
    github_installation_id: str = Field(default="", validation_alias="GITHUB_INSTALLATION_ID")
    music_url: str = ""
    music_token: SecretStr | None = None
    music_shape: Literal["plain", "suno"] = "plain"

    discord_token: SecretStr | None = Field(default=None, validation_alias="DISCORD_TOKEN")
    discord_api_url: str = Field(
        default="https://discord.com/api/v10", validation_alias="DISCORD_API_URL"
    )
    discord_gateway_url: str = Field(default="", validation_alias="DISCORD_GATEWAY_URL")
    discord_message_content: bool = Field(default=False, validation_alias="DISCORD_MESSAGE_CONTENT")
    discord_edits: bool = Field(default=False, validation_alias="DISCORD_EDITS")

    @field_validator("encryption_keys", "tool_workspaces", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("home")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @field_validator("policy")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in POLICIES:
            raise ValueError(f"{value!r} is no policy; there is {', '.join(POLICIES)}")
        return value

    @field_validator("reactions")
    @classmethod
    def _rated(cls, value: str) -> str:
        ratings_of(value)
        return value

    def shares_tools_with(self, workspace_id: str) -> bool:
        """Tell whether a workspace may use what the installation itself is let into.

        Whoever runs Mynah need not know those who install it: what their tokens open is for
        the workspaces that they name, and for nobody else's.
        """
        return "*" in self.tool_workspaces or workspace_id in self.tool_workspaces

    def models(self) -> ModelSettings:
        """Return what concerns the models."""
        addresses = {
            "openai_base_url": self.openai_base_url,
            "anthropic_base_url": self.anthropic_base_url,
            "ollama_base_url": self.ollama_base_url,
        }
        return ModelSettings(
            roles={name: getattr(self, f"role_{name}") for name in ROLE_NAMES},
            openai_api_key=self.openai_api_key,
            anthropic_api_key=self.anthropic_api_key,
            **{name: url for name, url in addresses.items() if url},
        )
