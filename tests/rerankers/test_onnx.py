"""The ONNX reranker, on a real model of a few nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from integrations.contracts.reranker import RerankerFailure
from integrations.rerankers.onnx import MAX_BATCH_TOKENS, OnnxReranker
from tests.standins import tiny_cross_encoder

if TYPE_CHECKING:
    from pathlib import Path


async def test_each_text_is_scored_with_the_question_and_without_padding(tmp_path: Path) -> None:
    reranker = OnnxReranker(tiny_cross_encoder.write(tmp_path / "tiny"), threads=1)
    await reranker.open()
    try:
        texts = ["good", "good good fair good", "bad", "", "unknown words"]
        assert await reranker.score("good good", texts) == [2.0, 7.0, -1.0, 0.0, 0.0]
        assert await reranker.score("good", []) == []
    finally:
        await reranker.close()


async def test_scores_keep_their_order_over_many_batches(tmp_path: Path) -> None:
    reranker = OnnxReranker(tiny_cross_encoder.write(tmp_path / "tiny"))
    await reranker.open()
    try:
        counts = [n % 7 for n in range(MAX_BATCH_TOKENS // 2)]
        scores = await reranker.score("which", ["good " * n for n in counts])
        assert scores == [2.0 * n for n in counts]
    finally:
        await reranker.close()


async def test_a_text_is_cut_where_the_model_ends_and_the_question_is_not(tmp_path: Path) -> None:
    folder = tiny_cross_encoder.write(tmp_path / "tiny", max_position_embeddings=6)
    reranker = OnnxReranker(folder)
    await reranker.open()
    try:
        assert await reranker.score("which one", ["good " * 300]) == [
            8.0
        ]  # 6 less 2 of the question
    finally:
        await reranker.close()


async def test_what_is_no_cross_encoder_is_one_sentence(tmp_path: Path) -> None:
    nothing = OnnxReranker(tmp_path / "nothing")
    with pytest.raises(RerankerFailure, match=r"model\.onnx and a tokenizer\.json"):
        await nothing.open()
    await nothing.close()
    vectors = OnnxReranker(tiny_cross_encoder.write(tmp_path / "vectors", columns=3))
    with pytest.raises(RerankerFailure, match="gives 3 numbers a pair") as caught:
        await vectors.open()
    assert "\n" not in str(caught.value)
    with pytest.raises(RerankerFailure, match="not open"):
        await vectors.score("q", ["t"])
    await vectors.close()


async def test_two_numbers_a_pair_are_no_and_yes(tmp_path: Path) -> None:
    reranker = OnnxReranker(tiny_cross_encoder.write(tmp_path / "tiny", columns=2))
    await reranker.open()
    try:
        assert await reranker.score("which", ["good"]) == [0.0]  # the stand-in says both alike
    finally:
        await reranker.close()
