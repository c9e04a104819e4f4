"""The hashing embedder: the same everywhere, unit rows for anything, close for like words."""

from __future__ import annotations

import asyncio
import hashlib
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.embedders.hashing import DIMENSION, MAX_CHARS, HashingEmbedder, vectors

ROOT = Path(__file__).parents[2]

WELCOME = """
    እንኳን ደህና መጡ
    أهلا وسهلا بكم
    xoş gəlmisiniz
    сардэчна запрашаем
    добре дошли
    স্বাগতম বন্ধু
    ཕེབས་པར་དགའ་བསུ་ཞུ
    benvinguts a tots
    vítejte přátelé
    croeso i bawb
    velkommen til
    herzlich willkommen
    καλώς ήρθατε
    welcome everybody
    bienvenidos todos
    tere tulemast
    ongi etorri
    خوش آمدید
    tervetuloa kaikille
    bienvenue à tous
    fáilte romhat
    સ્વાગત છે
    ברוכים הבאים
    आपका स्वागत है
    dobrodošli svima
    üdvözöljük önöket
    բարի գալուստ
    selamat datang
    velkomin öll
    benvenuti a tutti
    ようこそいらっしゃいませ
    კეთილი იყოს
    қош келдіңіз
    សូមស្វាគមន៍
    ಸುಸ್ವಾಗತ ಎಲ್ಲರಿಗೂ
    환영합니다 여러분
    ຍິນດີຕ້ອນຮັບ
    sveiki atvykę
    laipni lūdzam
    സ്വാഗതം എല്ലാവർക്കും
    тавтай морилно уу
    आपले स्वागत आहे
    ကြိုဆိုပါတယ်
    welkom allemaal
    witamy wszystkich
    bem-vindos amigos
    добро пожаловать
    நல்வரவு நண்பர்களே
    ยินดีต้อนรับ
    hoş geldiniz
    ласкаво просимо
    chào mừng bạn
    欢迎大家光临
    👋🏽 🎉 🚀
"""


def likeness(one: str, other: str) -> float:
    first, second = vectors([one, other])
    return float(first @ second)


@given(st.lists(st.text(st.characters(codec=None), max_size=60), max_size=12))
@settings(max_examples=60, deadline=None)
def test_any_texts_give_unit_rows_that_do_not_depend_on_their_neighbours(texts: list[str]) -> None:
    rows = vectors(texts)
    assert rows.shape == (len(texts), DIMENSION)
    assert rows.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-5)
    for text, row in zip(texts, rows, strict=True):
        np.testing.assert_array_equal(vectors([text])[0], row)


@given(st.text(st.characters(codec=None), max_size=80))
@settings(max_examples=60, deadline=None)
def test_case_and_spaces_around_do_not_matter_to_lower_case_text(text: str) -> None:
    plain = text.casefold()
    np.testing.assert_allclose(vectors([f"  {plain}\n"]), vectors([plain]), atol=1e-6)


def test_vectors_never_change_under_the_same_name() -> None:
    # Stored vectors are compared with new ones: if this fails, the name needs a new version.
    assert HashingEmbedder().name == "hashing:v1-512"
    rows = vectors(["How do I reset my password?", "getUserName 数据库 👍 café", ""])
    rounded = np.round(rows * 1000).astype("<i2")
    assert hashlib.sha256(rounded.tobytes()).hexdigest()[:16] == "9915372dbee74655"


def test_another_process_with_another_hash_seed_gives_the_same() -> None:
    code = (
        "from integrations.embedders.hashing import vectors; "
        "import sys; sys.stdout.buffer.write(vectors(['naïve Bayes 学习 x_y']).tobytes())"
    )
    out = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT, env={"PYTHONHASHSEED": "7"}, capture_output=True, check=True,
    ).stdout  # fmt: skip
    assert out == vectors(["naïve Bayes 学习 x_y"]).tobytes()


@pytest.mark.parametrize(
    ("one", "like", "unlike"),
    [
        ("authentication failed", "authentification faild", "bake a chocolate cake"),
        ("deploying the services", "service deployment", "summer holiday pictures"),
        ("getUserName", "get_user_name", "parseRequestBody"),
        ("HTTPServer timeout", "http server timeouts", "grocery list"),
        ("PostgreSQL", "postgresql", "MongoDB"),
        ("数据库连接失败", "数据库无法连接", "今天天气很好"),
        ("データベース接続", "データベースに接続する", "天気がいいですね"),
        ("데이터베이스를 연결", "데이터베이스 연결", "오늘 날씨가 좋네요"),
        ("развернуть сервис", "развертывание сервиса", "погода сегодня хорошая"),
        ("ฐานข้อมูลล้มเหลว", "ฐานข้อมูล", "อากาศดีมาก"),
        ("تسجيل الدخول", "تَسجيل دخول", "طقس جميل"),
        ("Datenbankverbindung", "Verbindung zur Datenbank", "schönes Wetter heute"),
    ],
)
def test_words_alike_are_closer_than_others(one: str, like: str, unlike: str) -> None:
    assert likeness(one, like) > 0.2
    assert likeness(one, like) > likeness(one, unlike) + 0.15


@pytest.mark.parametrize(
    ("one", "same"),
    [
        ("café", "CAFE"),
        ("Straße", "STRASSE"),
        ("👍", "👍🏽"),
        ("e\u0301te\u0301", "été"),
        ("ﬁle", "file"),
    ],
)
def test_ways_of_writing_the_same_are_the_same(one: str, same: str) -> None:
    assert likeness(one, same) == pytest.approx(1.0, abs=1e-5)


def test_every_language_finds_its_own() -> None:
    texts = [line.strip() for line in WELCOME.strip().splitlines()]
    assert len(texts) >= 50
    rows = vectors(texts)
    asked = vectors([f"{text}!" for text in texts])
    assert (asked @ rows.T).argmax(axis=1).tolist() == list(range(len(texts)))
    others = (rows @ rows.T)[~np.eye(len(texts), dtype=bool)]
    assert np.abs(others).mean() < 0.06


def test_emoji_differ() -> None:
    assert abs(likeness("👍", "👎")) < 0.3
    assert likeness("great 👍", "great👍") > 0.95


def test_function_words_count_little() -> None:
    assert likeness("what is the deadline of this", "deadline") > 0.8


def test_repeating_a_word_does_not_drown_the_others() -> None:
    assert likeness("spam " * 500 + "invoice", "invoice") > 0.1


def test_long_texts_are_cut_and_many_are_done_in_parts() -> None:
    long = "word " * MAX_CHARS
    assert likeness(long, long[:MAX_CHARS]) == pytest.approx(1.0)
    texts = [f"text number {i} " * 20 for i in range(1_000)]
    np.testing.assert_array_equal(
        vectors(texts)[[0, 500, 999]], vectors([texts[0], texts[500], texts[999]])
    )


async def test_the_port() -> None:
    embedder = HashingEmbedder()
    await embedder.open()
    assert embedder.dimension == DIMENSION
    assert (await embedder.embed([])).shape == (0, DIMENSION)
    assert (await embedder.embed(["", "!?", "\x00"]))[:, 0].tolist() == [1.0, 1.0, 1.0]
    few, many = await embedder.embed(["pick me"]), await embedder.embed(["pick me"] * 2_000)
    np.testing.assert_array_equal(few[0], many[-1])
    np.testing.assert_array_equal(few, await embedder.embed(["pick me"], query=True))
    await embedder.close()


async def test_large_batches_do_not_block_the_loop() -> None:
    texts = ["some words of a message that somebody wrote"] * 4_000
    work = asyncio.create_task(HashingEmbedder().embed(texts))
    turns = 0
    while not work.done():
        await asyncio.sleep(0)
        turns += 1
    assert turns > 3


def test_it_is_fast() -> None:
    texts = [f"How do I reset my password in the web app number {i}?" for i in range(2_000)]
    vectors(texts[:10])
    start = time.process_time()
    vectors(texts)
    # Processor time of this process; 15,000 a second where it was measured.
    assert 2_000 / (time.process_time() - start) > 3_000
