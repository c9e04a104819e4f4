"""Which model plays which role, and why.

Decides from settings and from what Ollama has pulled. Refuses to know how a
model is reached: it makes no connection, and the result names models, it does
not hold them.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, Self, get_args

from integrations.models.defaults import (
    ANTHROPIC_MODELS,
    ANTHROPIC_URL,
    OLLAMA_URL,
    OPENAI_MODELS,
    OPENAI_URL,
)
from learning.roles import ROLES, role

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

    from pydantic import SecretStr

    from learning.roles import Role, RoleName

Provider = Literal["ollama", "openai", "anthropic", "offline"]
PROVIDERS: Final[tuple[Provider, ...]] = get_args(Provider)

VARIABLE_PREFIX: Final = "MYNAH_ROLE_"

MAX_SHOWN: Final = 20
"""Longest value without a known provider that is repeated in a message; keys are longer."""


class MappingFailure(ValueError):  # noqa: N818 - the field's word for this outcome is failure
    """A role is mapped to something that cannot be; the message says what and how to mend it."""


@dataclass(frozen=True, slots=True)
class ModelRef:
    """The name of a model: who serves it, and what they call it."""

    provider: Provider
    model: str

    def __str__(self) -> str:
        return f"{self.provider}:{self.model}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``provider:model``; the model may contain colons, as Ollama's tags do.

        Raises:
            MappingFailure: if it is not such a name.
        """
        provider, colon, model = text.strip().partition(":")
        provider, model = provider.strip().lower(), model.strip()
        known = next((p for p in PROVIDERS if p == provider), None)
        if known is None:
            close = difflib.get_close_matches(provider, PROVIDERS, n=1)
            guess = f"; did you mean {close[0]!r}?" if close else "."
            # A key pasted into the wrong variable must not be printed back.
            shown = repr(text) if len(text) <= MAX_SHOWN else "its value"
            raise MappingFailure(
                f"{shown} names no known provider{guess} "
                f"Write provider:model with one of {', '.join(PROVIDERS)}."
            )
        if not model:
            example = f"{known}:math" if known == "offline" else f"{known}:{_EXAMPLES[known]}"
            colon_or_name = "a model name" if colon else "a colon and a model name"
            raise MappingFailure(f"{text!r} lacks {colon_or_name}: write for instance {example}.")
        return cls(known, model)


_EXAMPLES: Final[Mapping[str, str]] = {
    "ollama": "deepseek-coder",
    "openai": OPENAI_MODELS["lead"],
    "anthropic": ANTHROPIC_MODELS["lead"],
}


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """What an installation says about its models.

    Attributes:
        roles: role name, or its variable's name such as ``MYNAH_ROLE_LEAD``, to
            ``provider:model``; blank means not mapped.
        openai_api_key: for OpenAI, or for whatever serves ``openai_base_url``.
        openai_base_url: any server with OpenAI's chat API, vLLM too; with ``/v1``.
        anthropic_api_key: for Anthropic.
        anthropic_base_url: without ``/v1``.
        ollama_base_url: with or without ``/v1``.
    """

    roles: Mapping[str, str] = field(default_factory=dict)
    openai_api_key: SecretStr | None = None
    openai_base_url: str = OPENAI_URL
    anthropic_api_key: SecretStr | None = None
    anthropic_base_url: str = ANTHROPIC_URL
    ollama_base_url: str = OLLAMA_URL

    @property
    def ollama_root(self) -> str:
        """The address of Ollama's own API, which has no ``/v1``."""
        return self.ollama_base_url.rstrip("/").removesuffix("/v1").rstrip("/")

    @property
    def openai_usable(self) -> bool:
        """Whether a request can succeed: there is a key, or a server of one's own needs none."""
        return self.openai_api_key is not None or self.openai_base_url.rstrip("/") != OPENAI_URL


@dataclass(frozen=True, slots=True)
class Assignment:
    """The model of one role, and why it was given the role, in one sentence for a person."""

    ref: ModelRef
    why: str


@dataclass(frozen=True, slots=True)
class Plan:
    """Every role's assignment, in the catalogue's order."""

    assignments: Mapping[RoleName, Assignment]

    def ref(self, name: RoleName) -> ModelRef:
        """Return the model that plays the role."""
        return self.assignments[name].ref


def mapped(settings: ModelSettings) -> dict[RoleName, ModelRef]:
    """Return the roles that the settings map, and to what.

    Raises:
        MappingFailure: naming the variable, what was wrong with its value, and the mend.
    """
    refs: dict[RoleName, ModelRef] = {}
    for key, value in settings.roles.items():
        name = key.strip().lower().removeprefix(VARIABLE_PREFIX.lower())
        try:
            known = role(name).name
            if not value.strip():
                continue
            # The built-in experts are named after the roles, so "offline" alone says enough.
            text = f"offline:{known}" if value.strip().lower() == "offline" else value
            ref = ModelRef.parse(text)
            if ref.provider == "offline":
                role(ref.model)
        except ValueError as error:
            raise MappingFailure(f"{variable(name)}: {error}") from None
        refs[known] = ref
    return refs


def variable(name: str) -> str:
    """Return the environment variable that maps the role."""
    return f"{VARIABLE_PREFIX}{name.upper()}"


def plan(settings: ModelSettings, pulled: AbstractSet[str] | None) -> Plan:
    """Give every role a model: mapped, else Ollama, else a key's provider, else offline.

    Args:
        settings: what the installation says.
        pulled: the tags that Ollama has, or ``None`` when it cannot be reached.

    Raises:
        MappingFailure: as ``mapped`` does.
    """
    chosen = mapped(settings)
    return Plan(
        {
            each.name: Assignment(chosen[each.name], f"mapped by {variable(each.name)}")
            if each.name in chosen
            else _unmapped(each, settings, pulled)
            for each in ROLES
        }
    )


def _unmapped(who: Role, settings: ModelSettings, pulled: AbstractSet[str] | None) -> Assignment:
    if tag := pulled_tag(who.ollama_tag, pulled or frozenset()):
        return Assignment(ModelRef("ollama", tag), f"Ollama has {tag}")
    if settings.anthropic_api_key is not None:
        return Assignment(
            ModelRef("anthropic", ANTHROPIC_MODELS[who.name]), "ANTHROPIC_API_KEY is set"
        )
    if settings.openai_api_key is not None:
        return Assignment(ModelRef("openai", OPENAI_MODELS[who.name]), "OPENAI_API_KEY is set")
    ollama = "no Ollama" if pulled is None else f"Ollama has not pulled {who.ollama_tag}"
    return Assignment(
        ModelRef("offline", who.name), f"no key and {ollama}: built-in offline expert"
    )


def pulled_tag(tag: str, pulled: AbstractSet[str]) -> str | None:
    """Return the pulled tag that serves the wanted one, or ``None``.

    A tag without a size means ``:latest`` to Ollama; when only another size of
    the same model was pulled, that one serves, in alphabetical order.
    """
    if tag in pulled:
        return tag
    if ":" in tag:
        return None
    if f"{tag}:latest" in pulled:
        return tag
    return next((t for t in sorted(pulled) if t.partition(":")[0] == tag), None)
