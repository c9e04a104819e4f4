from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from integrations.contracts.reranker import RerankerFailure
from integrations.rerankers.choose import choose
from tests.standins import tiny_cross_encoder

if TYPE_CHECKING:
    from pathlib import Path


async def test_auto_finds_none_where_nothing_was_put(tmp_path: Path) -> None:
    assert await choose("auto") is None
    assert await choose("", cache=tmp_path / "missing") is None
    assert await choose("off", cache=tmp_path) is None


async def test_auto_takes_the_cross_encoder_of_the_cache_and_no_other_model(tmp_path: Path) -> None:
    for name in ("models--acme--all-embeddings", "models--acme--tiny-reranker"):
        tiny_cross_encoder.write(tmp_path / name / "snapshots" / "abc123")
    half = tmp_path / "models--acme--a-reranker" / "snapshots" / "abc"
    half.mkdir(parents=True)
    (half / "model.onnx").write_bytes(b"half")
    found = await choose("auto", cache=tmp_path)
    assert found is not None
    assert found.id.startswith("onnx:abc123-")
    assert await found.score("q", ["good"]) == [2.0]
    await found.close()


async def test_a_folder_can_be_named(tmp_path: Path) -> None:
    found = await choose(f"onnx:{tiny_cross_encoder.write(tmp_path / 'tiny')}")
    assert found is not None
    assert await found.score("q", ["bad", "good"]) == [-1.0, 2.0]
    await found.close()


@pytest.mark.parametrize("spec", ["onnx:", "onnx", "best", "off:now"])
async def test_what_names_none_is_said_with_the_value(spec: str) -> None:
    with pytest.raises(RerankerFailure, match=f"MYNAH_RERANKER={spec} names no reranker"):
        await choose(spec)


async def test_a_folder_without_a_model_is_an_error_and_not_silence(tmp_path: Path) -> None:
    with pytest.raises(RerankerFailure, match="cross-encoder"):
        await choose(f"onnx:{tmp_path}")
