"""What all embedders that receive vectors from elsewhere do with them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

import numpy as np

from integrations.contracts.embedder import EmbedderFailure

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import ArrayLike, NDArray


def unit(rows: ArrayLike) -> NDArray[np.float32]:
    """Return the rows scaled to length 1; a row of zeros becomes the first unit vector."""
    array = np.array(rows, dtype=np.float32, ndmin=2)
    norms = np.linalg.norm(array, axis=1, keepdims=True)
    array[norms[:, 0] == 0.0, 0] = 1.0
    norms[norms == 0.0] = 1.0
    array /= norms
    return array


def checked(
    rows: Sequence[Sequence[float]], *, count: int, dimension: int, source: str
) -> NDArray[np.float32]:
    """Return the rows as unit vectors, if they are what was asked for.

    Args:
        rows: what came back.
        count: how many rows there must be.
        dimension: how long each must be; 0 while that is not known.
        source: who sent them, for the message.

    Raises:
        EmbedderFailure: if there are too few, or they have the wrong length or
            numbers that are none.
    """
    lengths = {len(row) for row in rows}
    if len(rows) != count or len(lengths) != 1 or lengths == {0}:
        raise EmbedderFailure(
            f"{source} sent {len(rows)} vectors of {sorted(lengths)} numbers for {count} texts: "
            "check that the model is an embedding model"
        )
    if dimension and lengths != {dimension}:
        raise EmbedderFailure(
            f"{source} sent vectors of {lengths.pop()} numbers in place of {dimension}: "
            "the model behind it changed; restart Mynah"
        )
    array = np.asarray(rows, dtype=np.float32)
    if not np.isfinite(array).all():
        raise EmbedderFailure(f"{source} sent numbers that are not finite: try another model")
    return unit(array)


def clipped(text: str, max_bytes: int) -> str:
    """Return the beginning of a text that fits, as UTF-8 without lone surrogates.

    A byte-level tokeniser makes at most one token of a byte, so a limit in
    bytes holds in tokens too, without the tokeniser. Services refuse an empty
    string; a space stands in for it.
    """
    data = text.encode("utf-8", "replace")[:max_bytes]
    return data.decode("utf-8", "ignore") or " "


def batches(texts: Sequence[str], *, max_count: int, max_bytes: int) -> Iterator[list[str]]:
    """Yield the texts in order, in groups under both limits."""
    batch: list[str] = []
    size = 0
    for text in texts:
        length = len(text.encode("utf-8"))
        if batch and (len(batch) == max_count or size + length > max_bytes):
            yield batch
            batch, size = [], 0
        batch.append(text)
        size += length
    if batch:
        yield batch


def without_password(url: str) -> str:
    """Return a URL that may be shown: no user, no password, no query."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path, "", ""))
