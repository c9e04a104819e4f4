"""Which reranker ``MYNAH_RERANKER`` names.

Decides what "auto" means on this machine. Refuses to read the environment, and to
download anything: settings come as arguments.
"""

from __future__ import annotations

from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from integrations.contracts.reranker import Reranker, RerankerFailure
from integrations.rerankers.onnx import MODELS, OnnxReranker
from integrations.rerankers.timely import TimelyReranker

if TYPE_CHECKING:
    from collections.abc import Callable

FORMS = "auto, off or onnx:DIR"


async def choose(
    spec: str,
    *,
    cache: Path | None = None,
    threads: int = 2,
    clock: Callable[[], float] = monotonic,
) -> Reranker | None:
    """Return the reranker that a setting names, open and within a time limit.

    "auto" takes a cross-encoder that fastembed has put into its cache, if there is one;
    otherwise, and for "off", there is none.

    Args:
        spec: the setting.
        cache: fastembed's folder of models.
        threads: for models that run in this process.
        clock: seconds that only go forward.

    Raises:
        RerankerFailure: if the setting names none, or that one is not there.
    """
    kind, _, rest = spec.strip().partition(":")
    rest = rest.strip()
    if kind == "off" and not rest:
        return None
    if kind in {"", "auto"} and not rest:
        return await _cached(cache, threads, clock)
    if kind == "onnx" and rest:
        return await _opened(_folder(rest), threads, clock)
    raise RerankerFailure(f"MYNAH_RERANKER={spec} names no reranker: use {FORMS}")


def _folder(named: str) -> Path:
    # Absolute, because the folder's name becomes part of the id, and "." has none.
    return Path(named).expanduser().absolute()


async def _cached(cache: Path | None, threads: int, clock: Callable[[], float]) -> Reranker | None:
    for folder in _cross_encoders(cache) if cache else []:
        try:
            return await _opened(folder, threads, clock)
        except RerankerFailure:  # half a download, or not a cross-encoder after all
            continue
    return None


def _cross_encoders(cache: Path) -> list[Path]:
    """Return the folders of models in fastembed's cache whose names speak of reranking.

    It keeps them as ``models--OWNER--NAME/snapshots/REVISION/``, the model there or in
    ``onnx/``; vectors' models lie beside them and are passed over.
    """
    named = [
        folder
        for folder in sorted(cache.glob("models--*/snapshots/*"))
        if any(word in folder.parts[-3].casefold() for word in ("rerank", "ms-marco", "cross"))
    ]
    return [folder for folder in named if any((folder / name).is_file() for name in MODELS)]


async def _opened(folder: Path, threads: int, clock: Callable[[], float]) -> Reranker:
    reranker = TimelyReranker(OnnxReranker(folder, threads=threads), clock)
    try:
        await reranker.open()
    except BaseException:
        await reranker.close()
        raise
    return reranker
