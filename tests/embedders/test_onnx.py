"""The ONNX embedder, on a real model of one node."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from integrations.contracts.embedder import EmbedderFailure
from integrations.embedders.onnx import MAX_BATCH_TOKENS, OnnxEmbedder
from tests.standins import tiny_onnx

HALF = 2**-0.5
ROOT = Path(__file__).parents[2]

WITHOUT = """
import asyncio, pathlib, sys
sys.modules["onnxruntime"] = None  # what Python itself notes for a package that is not there
from integrations.embedders.onnx import OnnxEmbedder
asyncio.run(OnnxEmbedder(pathlib.Path(".")).open())
"""


async def test_rows_are_the_mean_over_words_and_not_over_padding(tmp_path: Path) -> None:
    embedder = OnnxEmbedder(tiny_onnx.write(tmp_path / "tiny"), threads=1)
    await embedder.open()
    try:
        assert embedder.dimension == 3
        rows = await embedder.embed(["red", "red green", "blue blue blue blue green", ""])
        np.testing.assert_allclose(rows[0], [1, 0, 0], atol=1e-6)
        np.testing.assert_allclose(rows[1], [HALF, HALF, 0], atol=1e-6)
        np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-6)
        assert rows[2, 2] > rows[2, 1] > rows[2, 0] == 0.0
        assert (await embedder.embed([])).shape == (0, 3)
    finally:
        await embedder.close()


async def test_rows_keep_their_order_over_many_batches(tmp_path: Path) -> None:
    embedder = OnnxEmbedder(tiny_onnx.write(tmp_path / "tiny"))
    await embedder.open()
    try:
        words = ["red", "green", "blue"]
        count = MAX_BATCH_TOKENS // 2
        texts = [" ".join([words[i % 3]] * (1 + i % 7)) for i in range(count)]
        rows = await embedder.embed(texts)
        assert rows.argmax(axis=1).tolist() == [i % 3 for i in range(count)]
    finally:
        await embedder.close()


async def test_texts_are_cut_at_the_models_limit(tmp_path: Path) -> None:
    config = {"max_position_embeddings": 2}
    embedder = OnnxEmbedder(tiny_onnx.write(tmp_path / "tiny", config=config))
    await embedder.open()
    try:
        rows = await embedder.embed(["red red " + "blue " * 300, "red red"])
        np.testing.assert_allclose(rows[0], rows[1], atol=1e-6)
    finally:
        await embedder.close()


async def test_pooling_and_prompts_are_read_from_the_folder(tmp_path: Path) -> None:
    files: dict[str, Any] = {
        "1_Pooling/config": {"pooling_mode_cls_token": True},
        "config_sentence_transformers": {"prompts": {"query": "blue "}},
    }
    embedder = OnnxEmbedder(tiny_onnx.write(tmp_path / "tiny", **files))
    await embedder.open()
    try:
        (passage,) = await embedder.embed(["red green"])
        (question,) = await embedder.embed(["red green"], query=True)
        np.testing.assert_allclose(passage, [1, 0, 0], atol=1e-6)
        np.testing.assert_allclose(question, [0, 0, 1], atol=1e-6)
    finally:
        await embedder.close()


async def test_different_models_have_different_names(tmp_path: Path) -> None:
    names = set()
    for folder, table in (
        ("a", tiny_onnx.TABLE),
        ("b", tiny_onnx.TABLE + 1),
        ("c", tiny_onnx.TABLE),
    ):
        embedder = OnnxEmbedder(tiny_onnx.write(tmp_path / folder / "tiny", table=table))
        await embedder.open()
        names.add(embedder.name)
        await embedder.close()
    assert len(names) == 2
    assert all(
        name.startswith("onnx:tiny-") and len(name) == len("onnx:tiny-12345678") for name in names
    )


async def test_what_is_not_a_model_is_one_sentence(tmp_path: Path) -> None:
    empty = OnnxEmbedder(tmp_path / "nothing")
    with pytest.raises(EmbedderFailure, match=r"model\.onnx and a tokenizer\.json"):
        await empty.open()
    await empty.close()
    folder = tiny_onnx.write(tmp_path / "tiny")
    (folder / "model.onnx").write_bytes(b"not a model")
    broken = OnnxEmbedder(folder)
    with pytest.raises(EmbedderFailure, match="cannot be used") as caught:
        await broken.open()
    assert "\n" not in str(caught.value)
    with pytest.raises(EmbedderFailure, match="not open"):
        await broken.embed(["red"])
    await broken.close()


def test_without_the_packages_it_says_which_to_install() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "EmbedderFailure" in done.stderr
    assert "pip install 'mynah[onnx]'" in done.stderr
