"""Checks what an installation can reach, and says how to mend what it cannot.

Decides what is worth checking: an unused provider that is not set up is no
fault. Refuses to ask any model a question, because that costs money.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

import httpx

from integrations.contracts.check import Check
from integrations.models.mapping import MappingFailure, mapped, pulled_tag, variable
from integrations.models.ollama import pulled_tags
from learning.roles import ROLES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import SecretStr

    from integrations.models.mapping import ModelRef, ModelSettings
    from learning.roles import RoleName

TIMEOUT_S: Final = 10.0

ANTHROPIC_VERSION: Final = "2026-10-21"
"""The version of Anthropic's API that is asked, the same as the SDK's."""


async def check(settings: ModelSettings) -> list[Check]:
    """Return the findings about Ollama, the keys, and the mapped models."""
    try:
        refs = mapped(settings)
    except MappingFailure as failure:
        return [Check("roles", ok=False, sentence=str(failure), mend="correct the variable")]
    pulled = await pulled_tags(settings)
    findings = [_ollama(settings, pulled, needed=_needs(refs, "ollama"))]
    findings += [_pulled(name, ref, pulled or frozenset()) for name, ref in _of(refs, "ollama")]
    async with httpx.AsyncClient(timeout=TIMEOUT_S) as client:
        for api in _apis(settings):
            findings += await _provider(client, api, dict(_of(refs, api.provider)))
    return findings


def _of(refs: Mapping[RoleName, ModelRef], provider: str) -> list[tuple[RoleName, ModelRef]]:
    return [(name, ref) for name, ref in refs.items() if ref.provider == provider]


def _needs(refs: Mapping[RoleName, ModelRef], provider: str) -> bool:
    return bool(_of(refs, provider))


def _ollama(settings: ModelSettings, pulled: frozenset[str] | None, *, needed: bool) -> Check:
    if pulled is None:
        return Check(
            "ollama",
            ok=not needed,
            sentence=f"No Ollama answers at {_shown(settings.ollama_root)}.",
            mend="Start it with `ollama serve`, or set OLLAMA_BASE_URL." if needed else "",
        )
    wanted = [r.ollama_tag for r in ROLES if pulled_tag(r.ollama_tag, pulled)]
    has = ", ".join(wanted) or "none of the roles' models"
    return Check("ollama", ok=True, sentence=f"Ollama answers and has {has}.")


def _pulled(name: RoleName, ref: ModelRef, pulled: frozenset[str]) -> Check:
    exact = ref.model in pulled or f"{ref.model}:latest" in pulled
    return Check(
        f"role {name}",
        ok=exact,
        sentence=f"{variable(name)} is {ref}, which Ollama {'has' if exact else 'does not have'}.",
        mend="" if exact else f"Run `ollama pull {ref.model}`.",
    )


@dataclass(frozen=True, slots=True, repr=False)
class _Api:
    """How to list a provider's models. Not shown: the headers hold the key."""

    provider: str
    label: str
    models_url: str
    headers: Mapping[str, str]
    usable: bool

    @property
    def key_variable(self) -> str:
        return f"{self.provider.upper()}_API_KEY"

    @property
    def url_variable(self) -> str:
        return f"{self.provider.upper()}_BASE_URL"


def _apis(settings: ModelSettings) -> tuple[_Api, _Api]:
    return (
        _Api(
            "anthropic",
            "Anthropic",
            f"{settings.anthropic_base_url.rstrip('/')}/v1/models",
            _bearer(settings.anthropic_api_key) | {"anthropic-version": ANTHROPIC_VERSION},
            usable=settings.anthropic_api_key is not None,
        ),
        _Api(
            "openai",
            "OpenAI",
            f"{settings.openai_base_url.rstrip('/')}/models",
            _bearer(settings.openai_api_key),
            usable=settings.openai_usable,
        ),
    )


def _bearer(key: SecretStr | None) -> dict[str, str]:
    return {"authorization": f"Bearer {key.get_secret_value()}"} if key else {}


async def _provider(
    client: httpx.AsyncClient, api: _Api, refs: Mapping[RoleName, ModelRef]
) -> list[Check]:
    if not api.usable:
        return [
            Check(
                f"role {name}",
                ok=False,
                sentence=f"{variable(name)} is {ref}, but there is no key for {api.label}.",
                mend=f"Set {api.key_variable}.",
            )
            for name, ref in refs.items()
        ]
    status = await _status(client, api.models_url, api.headers)
    findings = [_key(api, status)]
    if findings[0].ok:
        for name, ref in refs.items():
            findings.append(await _exists(client, api, name, ref))
    return findings


def _key(api: _Api, status: int | None) -> Check:
    name = f"{api.provider} key"
    if status is None:
        return Check(
            name,
            ok=False,
            sentence=f"{api.label} cannot be reached at {_shown(api.models_url)}.",
            mend=f"Check the network and {api.url_variable}.",
        )
    if status in {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN}:
        return Check(
            name,
            ok=False,
            sentence=f"{api.label} does not accept the key.",
            mend=f"Check {api.key_variable}.",
        )
    if status != httpx.codes.OK:
        return Check(
            name,
            ok=False,
            sentence=f"{api.label} answered with error {status} at {_shown(api.models_url)}.",
            mend=f"Check {api.url_variable}, or try again later.",
        )
    return Check(name, ok=True, sentence=f"{api.label} answers and accepts the key.")


async def _exists(client: httpx.AsyncClient, api: _Api, name: RoleName, ref: ModelRef) -> Check:
    # Asked one by one: lists leave out aliases, which are what people write.
    url = f"{api.models_url}/{quote(ref.model, safe='')}"
    ok = await _status(client, url, api.headers) == httpx.codes.OK
    has = "has" if ok else "does not have"
    return Check(
        f"role {name}",
        ok=ok,
        sentence=f"{variable(name)} is {ref}, which {api.label} {has}.",
        mend="" if ok else f"Correct {variable(name)}.",
    )


async def _status(client: httpx.AsyncClient, url: str, headers: Mapping[str, str]) -> int | None:
    try:
        return (await client.get(url, headers=dict(headers))).status_code
    except (httpx.HTTPError, httpx.InvalidURL):
        return None


def _shown(url: str) -> str:
    """Return the address without a user and password."""
    try:
        return str(httpx.URL(url).copy_with(username=None, password=None))
    except httpx.InvalidURL:
        return "an address that cannot be read"
