"""``mynah doctor``: what is missing, and how to mend it."""

from __future__ import annotations

import shutil
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from bot.app import embedder_settings, open_database
from integrations.contracts.embedder import EmbedderFailure
from integrations.contracts.reranker import RerankerFailure
from integrations.embedders.choose import choose
from integrations.models import doctor as models
from integrations.models.mapping import MappingFailure
from integrations.models.ollama import resolve
from integrations.rerankers.choose import choose as choose_reranker
from learning.store.errors import StoreUnavailable
from learning.store.store import Store

if TYPE_CHECKING:
    from bot.settings import Settings

_LITTLE_SPACE = 500 * 2**20


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    name: str
    ok: bool
    sentence: str
    mend: str = ""

    def data(self) -> dict[str, Any]:
        """Return it for programs."""
        return asdict(self)


async def examine(settings: Settings) -> list[Finding]:
    """Look at everything Mynah needs; change nothing but missing tables."""
    return [
        _space(settings),
        await _database(settings),
        await _embedder(settings),
        await _reranker(settings),
        *await _roles(settings),
    ]


def _space(settings: Settings) -> Finding:
    folder = settings.home
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    ok = free > _LITTLE_SPACE
    return Finding(
        "home",
        ok,
        f"{settings.home} has {free / 2**30:.1f} GB free",
        "" if ok else "free some disk space, or set MYNAH_HOME to a folder elsewhere",
    )


async def _database(settings: Settings) -> Finding:
    where = "the embedded server" if settings.database_url is None else "MYNAH_DATABASE_URL"
    try:
        async with (
            open_database(settings, lambda _: None) as (conninfo, cipher),
            Store(conninfo, cipher) as store,
        ):
            await store.check_key()
    except StoreUnavailable as error:
        sentence, _, mend = str(error).partition(": ")
        return Finding("database", ok=False, sentence=f"{where}: {sentence}", mend=mend)
    return Finding("database", ok=True, sentence=f"{where} answers, and its key fits")


async def _embedder(settings: Settings) -> Finding:
    try:
        embedder = await choose(settings.embedder, embedder_settings(settings))
    except EmbedderFailure as failure:
        return Finding("embedder", ok=False, sentence=str(failure))
    name = embedder.name
    await embedder.close()
    mend = ""
    if name.startswith("hashing:"):
        mend = (
            "for search by meaning set MYNAH_EMBEDDER to onnx:DIR, ollama:nomic-embed-text "
            "or openai"
        )
    return Finding("embedder", ok=True, sentence=f"{name} is ready", mend=mend)


async def _reranker(settings: Settings) -> Finding:
    try:
        reranker = await choose_reranker(settings.reranker, cache=settings.fastembed_cache)
    except RerankerFailure as failure:
        return Finding("reranker", ok=False, sentence=str(failure))
    if reranker is None:
        return Finding("reranker", ok=True, sentence="there is none, and none is needed")
    name = reranker.id
    await reranker.close()
    return Finding("reranker", ok=True, sentence=f"{name} is ready")


async def _roles(settings: Settings) -> list[Finding]:
    try:
        plan = await resolve(settings.models())
    except MappingFailure as failure:
        return [Finding("roles", ok=False, sentence=str(failure))]
    findings = [
        Finding(f"role {name}", ok=True, sentence=f"{each.ref} ({each.why})")
        for name, each in plan.assignments.items()
    ]
    checks = await models.check(settings.models())
    return findings + [Finding(c.name, c.ok, c.sentence, c.mend) for c in checks]
