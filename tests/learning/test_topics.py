from __future__ import annotations

import time

import pytest

from learning.topics import MOST_TOPICS, Background, mentions, stems_of, topics_of

PROSE = (
    "Retry policy\nThe retry policy of the payment gateway waits longer after every failure. "
    "A payment gateway that answers 503 is asked again; the retry policy gives up after a minute."
)
CODE = '''class PaymentGateway:
    """Talks to the bank."""

    def compute_backoff(self, attempt: int) -> float:
        return self.base * 2**attempt

    def charge(self, amount: int) -> None:
        for attempt in range(self.attempts):
            wait = self.compute_backoff(attempt)
'''


def topics(
    text: str, *, name: str = "", title: str = "", background: Background | None = None
) -> tuple[str, ...]:
    return topics_of(mentions(name, title, [("", text)]), background or Background())


def test_prose_is_about_its_phrases() -> None:
    assert set(topics(PROSE, title="Retry policy")[:2]) == {"retry policy", "payment gateway"}


def test_code_is_about_what_it_names_and_not_about_its_language() -> None:
    found = topics(CODE, name="src/payments/gateway.py")
    assert "compute backoff" in found or "backoff" in found
    assert any("gateway" in topic for topic in found)
    assert not {"self", "def", "int", "return", "class"} & set(" ".join(found).split())


def test_what_every_text_speaks_of_is_no_topic_of_one() -> None:
    text = "The llama sleeps. The llama eats. The alpaca sleeps. The alpaca eats."
    common = Background(100, dict.fromkeys(stems_of("llama sleeps eats"), 90))
    assert topics(text, background=common)[0] == "alpaca"


def test_the_same_text_has_the_same_topics_whatever_its_order_in_a_table() -> None:
    background = Background(10, {"gateway": 3})
    first = topics(PROSE + CODE, background=background)
    assert all(topics(PROSE + CODE, background=background) == first for _ in range(5))
    assert 1 <= len(first) <= MOST_TOPICS


@pytest.mark.parametrize(
    "text", ["", "   \n\t", "🎉🎉🎉", "1234 5678", "a b c", "the of and", "x" * 10_000, "\ud800"]
)
def test_a_text_without_words_is_about_nothing(text: str) -> None:
    assert topics(text) == ()


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("Резервная копия базы хранится в облаке. Копия делается ночью, копия шифруется.", "копия"),
        ("备份在对象存储里。备份每天一次。备份加密。", "备份"),
        ("Die Sicherung liegt in Frankfurt. Die Sicherung läuft nachts.", "sicherung"),
        ("النسخة محفوظة هنا. النسخة مشفرة.", "النسخة"),
    ],
)
def test_topics_are_found_in_other_languages(text: str, topic: str) -> None:
    assert topic in topics(text)


def test_a_topic_says_a_word_once() -> None:
    words = " ".join(topics(PROSE + CODE, title="Retry policy")).split()
    assert len(words) == len(set(words))


def test_spellings_of_a_topic_are_one() -> None:
    assert stems_of("Retry policies") == stems_of("retry policy")
    assert stems_of("RetryPolicy") == stems_of("retry_policy")
    assert stems_of("of the") == frozenset()


def test_acronyms_keep_their_capitals_and_constants_lose_them() -> None:
    text = "The CDN caches. The CDN expires. MAXIMUM_LIFETIME holds. MAXIMUM_LIFETIME ends."
    found = topics(text)
    assert "CDN" in found
    assert "maximum lifetime" in found


def test_two_hundred_pages_cost_no_more_than_a_few() -> None:
    passages = [
        (f"Section {n}", f"The harbour crane {n} lifts container{n} onto ship{n}. " * 25)
        for n in range(600)
    ]
    began = time.process_time()
    found = mentions("port.pdf", "Harbour", passages)
    spent = time.process_time() - began
    assert topics_of(found, Background())[0] in {"harbour crane", "harbour"}
    assert len(found.stems) <= 120
    assert spent < 1.0
