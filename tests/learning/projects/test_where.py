from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from uuid import uuid4

import pytest

from learning.lexicon import Lexicon
from learning.projects.sought import seek
from learning.projects.where import is_code, places
from learning.recollection import Place, Recollection
from learning.sources import trust_of
from tests.bot.support import BEGIN

LEXICON = Lexicon()


@dataclass(frozen=True)
class Piece:
    path: str
    title: str
    text: str
    line: int = 10


PIECES = (
    Piece("shop/app/session.py", "open_session", 'def open_session(name):\n    """Sign in."""'),
    Piece("shop/app/cart.py", "Cart.add", "    def add(self, item):\n        self.total += item"),
    Piece("shop/app/mail.py", "send", 'def send(to, text):\n    """Post a letter by SMTP."""'),
    Piece("shop/app/checkout.py", "pay", "def pay(cart):\n    charge(cart.total, card)"),
    Piece("shop/app/stripe.py", "charge", 'def charge(amount, card):\n    """Take money."""'),
    Piece("shop/web/ignore.py", "Rules", 'class Rules:\n    """What git leaves out."""'),
    Piece("shop/tests/test_cart.py", "test_cart_adds", "def test_cart_adds():\n    Cart().add(1)"),
    Piece("shop/README.md", "Cart", "The cart adds up what people buy."),
    Piece("shop/app/jobs.py", "", '"""Runs background jobs."""\n\nimport time', 1),
)


def recalled() -> list[Recollection]:
    return [
        Recollection(
            uuid4(),
            "knowledge",
            piece.text,
            0.5,
            BEGIN,
            place=Place(piece.path, piece.line, piece.line + piece.text.count("\n"), piece.title),
            trust=trust_of(piece.path),
        )
        for piece in PIECES
    ]


def found(question: str) -> list[str]:
    sought = seek(question, LEXICON)
    assert sought is not None, question
    best = places(sought, recalled(), LEXICON)
    return [PurePosixPath(p.recollection.place.path).name for p in best if p.recollection.place]


@pytest.mark.parametrize(
    ("question", "file"),
    [
        ("Where's auth logic?", "session.py"),
        ("where is the cart?", "cart.py"),
        ("Where are emails sent?", "mail.py"),
        ("which file handles payment?", "stripe.py"),
        ("where is `charge` defined?", "stripe.py"),
        ("where is charge called?", "checkout.py"),
        ("where is gitignore handled?", "ignore.py"),
        ("in which module is the queue worker?", "jobs.py"),
        ("where is Cart.add implemented?", "cart.py"),
    ],
)
def test_a_place_is_found_by_what_code_calls_it(question: str, file: str) -> None:
    assert found(question)[0] == file


def test_a_name_that_is_asked_for_leaves_its_neighbours_out() -> None:
    assert found("where is `charge` defined?") == ["stripe.py"]


def test_a_use_is_shown_by_its_line() -> None:
    sought = seek("where is `charge` called?", LEXICON)
    assert sought is not None
    assert places(sought, recalled(), LEXICON)[0].line == 11


def test_what_nobody_wrote_is_nowhere() -> None:
    assert found("where is the telescope calibrated?") == []


def test_other_questions_look_for_no_place() -> None:
    assert seek("How does the cart add up?", LEXICON) is None
    assert seek("where", LEXICON) is None


def test_prose_is_no_code() -> None:
    assert is_code("shop/Makefile")
    assert not is_code("shop/README.md")
