"""What is connected from outside: how a source of tools is described, and opened.

Decides what a description may say, depending on who wrote it: programs are started only for
whoever runs Mynah. Refuses to know where descriptions are kept.
"""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    field_validator,
    model_validator,
)

from integrations.loading import load
from integrations.tools.guard import Guarded, resolve
from learning.actions.contract import Effect

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from integrations.tools.boxed import Boxed
    from integrations.tools.guard import Public, Resolve
    from integrations.tools.limits import Limits

NAME: Final = re.compile(r"[a-z][a-z0-9_-]{0,30}")
_VARIABLE: Final = re.compile(r"\$(\w+|\{\w+\})")
_SHORT: Final = 7
"""Characters of a value that cannot be told from a word."""


class SourceInvalid(ValueError):  # noqa: N818 - it is the source that is
    """A description of a source is no good; the message says what to change, without secrets."""


class _Described(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    workspaces: tuple[str, ...] = ()
    """Who may use it; everybody when empty."""
    timeout_s: float = Field(default=120.0, gt=0, le=3600)
    most_bytes: int = Field(default=5_000_000, ge=1_000, le=100_000_000)
    idle_s: float = Field(default=600.0, gt=0)

    def limits(self) -> Limits:
        """Return what it may cost."""
        limits: type[Limits] = load("integrations.tools.limits").Limits
        return limits(call_s=self.timeout_s, most_bytes=self.most_bytes, idle_s=self.idle_s)


class McpSource(_Described):
    """An MCP server: a program on this machine, or an address."""

    kind: Literal["mcp"] = "mcp"
    command: str = ""
    args: tuple[str, ...] = ()
    env: dict[str, str] = Field(default_factory=dict, repr=False)
    cwd: str = ""
    url: str = ""
    headers: dict[str, str] = Field(default_factory=dict, repr=False)
    token: str = Field(default="", repr=False)
    private: bool = False
    """Whether the address may be inside a private network."""
    only: tuple[str, ...] = ()
    """The tools that are offered, by the server's own names; all when empty."""
    effects: dict[str, Effect] = Field(default_factory=dict)
    """What tools do to the world, in place of what the server says."""

    @field_validator("url")
    @classmethod
    def _web(cls, value: str) -> str:
        if value and not re.fullmatch(r"https?://[^\s@]+", value):
            raise ValueError("an address starts with https:// and holds no user name or password")
        return value

    @model_validator(mode="after")
    def _one_way(self) -> McpSource:
        if bool(self.command) == bool(self.url):
            raise ValueError("give either a command or a url")
        return self


class HttpHost(BaseModel):
    """A host of an ``HttpSource``."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    headers: dict[str, str] = Field(default_factory=dict, repr=False)
    private: bool = False


class HttpSource(_Described):
    """Web APIs that may be asked."""

    kind: Literal["http"]
    hosts: dict[str, HttpHost] = Field(min_length=1)


Source = McpSource | HttpSource
_SOURCE: Final[TypeAdapter[Source]] = TypeAdapter(Annotated[Source, Field(discriminator="kind")])


def source_of(name: str, said: Mapping[str, Any]) -> Source:
    """Return a source from what was written of it.

    Raises:
        SourceInvalid: with what to change.
    """
    if not NAME.fullmatch(name):
        raise SourceInvalid(
            "A name for tools is a short word in lower case, such as `search` or `my-files`."
        )
    try:
        return _SOURCE.validate_python({"kind": "mcp", **said})
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"][1:])
        told = first["msg"].removeprefix("Value error, ")
        raise SourceInvalid(f"{name}{': ' + where if where else ''}: {told}.") from None


def read_sources(path: Path, environment: Mapping[str, str]) -> dict[str, Source]:
    """Return the sources in a TOML file, by name; ``$NAME`` stands for a variable's value.

    Raises:
        SourceInvalid: with what to change.
    """
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeError):
        raise SourceInvalid(f"MYNAH_TOOLS: {path} cannot be read: check the path.") from None
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SourceInvalid(f"MYNAH_TOOLS: {path} is no TOML: {error}.") from None
    if any(not isinstance(said, dict) for said in tables.values()):
        raise SourceInvalid(f"MYNAH_TOOLS: {path} holds one table a source: [NAME].")
    return {name: source_of(name, _filled(said, environment)) for name, said in tables.items()}


def _filled(said: Any, known: Mapping[str, str]) -> Any:  # noqa: ANN401 - TOML
    if isinstance(said, dict):
        return {key: _filled(each, known) for key, each in said.items()}
    if isinstance(said, list):
        return [_filled(each, known) for each in said]
    if not isinstance(said, str):
        return said

    def value(found: re.Match[str]) -> str:
        name = found[1].strip("{}")
        if name not in known:
            raise SourceInvalid(f"MYNAH_TOOLS: {name} is not set in the environment.")
        return known[name]

    return _VARIABLE.sub(value, said)


def open_source(name: str, source: Source, public: Public, resolve: Resolve = resolve) -> Boxed:
    """Return the tools of a source; nothing is connected until they are wanted.

    It may load for seconds: call it in a thread.

    Args:
        name: what stands before the dot in their names.
        source: where they are.
        public: tells whether anybody on the internet could ask an address.
        resolve: turns a host name into addresses.
    """
    load("integrations.tools.http")
    from integrations.tools.boxed import Boxed, Facts  # noqa: PLC0415 - loads for seconds
    from integrations.tools.http import Host, open_http  # noqa: PLC0415 - as above

    limits = source.limits()
    if isinstance(source, HttpSource):
        hosts = {
            key.lower(): Host(each.headers, each.private) for key, each in source.hosts.items()
        }
        return open_http(name, hosts, public, limits, resolve)

    load("integrations.tools.mcp")
    from integrations.tools import mcp  # noqa: PLC0415 - as above
    from integrations.tools.stdio import Command  # noqa: PLC0415 - as above

    if source.command:
        dial = mcp.by_stdio(Command(source.command, source.args, source.env, source.cwd), limits)
    else:
        bearer = {"Authorization": f"Bearer {source.token}"} if source.token else {}

        def guarded() -> Guarded:
            return Guarded(
                public, lambda _: True, lambda _: source.private, limits.most_bytes, resolve
            )

        dial = mcp.by_http(source.url, {**source.headers, **bearer}, guarded, limits)
    server = mcp.Server(dial, limits)
    secrets = [source.token, *source.headers.values(), *source.env.values()]
    return Boxed(
        name,
        server,
        {tool: Facts(effect) for tool, effect in source.effects.items()},
        limits,
        only=source.only,
        secrets=[secret for secret in secrets if len(secret) > _SHORT],
        foreign=True,
        explain=mcp.explain,
        close=server.close,
    )
