"""What short messages say about the answer before them, in four languages, and what does not."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learning.gestures import FOLLOWS_WITHIN_S, MOST_CHARS, Gesture, follows_up, gesture
from learning.lexicon import Lexicon

THANKS = (
    "thanks",
    "Thanks!",
    "thank you",
    "Thank you so much!!",
    "thx",
    "ty",
    "ok thanks",
    "Okay, thank you very much.",
    "thanks a lot :)",
    "Thanks for the quick help!",
    "thank you for your detailed answer",
    "many thanks, Mynah",
    "got it, thanks",
    "thanks, I'll try that",
    "thanks, bye!",
    "cheers mate",
    "I really appreciate it",
    "You're a lifesaver!",
    "thanks 🙏",
    "danke",
    "Danke schön!",
    "vielen Dank",
    "Vielen Dank für die Hilfe",
    "Alles klar, danke dir",
    "merci",
    "Merci beaucoup !",
    "merci pour ton aide",
    "d'accord, merci",
    "gracias",
    "¡Muchas gracias!",
    "gracias por tu ayuda",
    "vale, gracias",
)
ACCEPTED = (
    "perfect!",
    "Perfect, thanks",
    "thanks, that worked",
    "That worked!",
    "it works now, thank you",
    "works like a charm",
    "works for me",
    "great, thanks!",
    "awesome",
    "Excellent answer",
    "Good job",
    "that's exactly what I needed",
    "Exactly what I was looking for!",
    "that did the trick",
    "this solved my problem, thanks",
    "it's fixed now",
    "That's correct",
    "yes, that's right",
    "that was very helpful",
    "makes sense, thanks",
    "you're right",
    "Great, it works 🎉",
    "👍",
    "👍🏽👍🏽",
    "❤️",
    "thanks 👍, it works",
    "super, danke",
    "danke, passt",
    "Das hat geklappt!",
    "Perfekt",
    "jetzt funktioniert es",
    "funktioniert, danke",
    "Das hat mir sehr geholfen",
    "genau was ich brauchte",
    "das stimmt",
    "parfait, merci",
    "ça marche !",
    "Ça marche maintenant, merci beaucoup",
    "C'est exactement ce que je voulais",
    "génial",
    "c'est parfait",
    "perfecto",
    "¡Perfecto, gracias!",
    "ya funciona",
    "funciona perfectamente, gracias",
    "justo lo que necesitaba",
    "Eso es correcto",
    "ok that worked thanks a lot",
    "this is perfect thank you",
    "gracias, funciona",
    "Das ist richtig",
    "looks good to me",
)
REJECTED = (
    "no, that's wrong",
    "No that's not right",
    "that's wrong",
    "wrong",
    "Wrong answer.",
    "that's incorrect",
    "nope",
    "nope, not what I meant",
    "no",
    "not what I meant",
    "that's not what I asked for",
    "No, that is not what I meant!",
    "that doesn't work",
    "It doesn’t work",
    "it still doesn't work",
    "doesnt work either",
    "didn't help",
    "thanks, but that didn't work",
    "Thanks, but it's wrong",
    "still broken",
    "that is still not working",
    "I get the same error",
    "same error again",
    "you misunderstood me",
    "You didn't answer my question",
    "your code doesn't compile",
    "the link doesn't work",
    "this is useless",
    "great, now it's broken",
    "I didn't ask for that",
    "👎",
    "no 👎",
    "nein",
    "Nein, das ist falsch",
    "das stimmt nicht",
    "Das funktioniert leider nicht",
    "das geht immer noch nicht",
    "klappt nicht",
    "das meinte ich nicht",
    "nicht was ich wollte",
    "Danke, aber das hilft mir nicht",
    "Non, c'est faux",
    "ça ne marche pas",
    "ça marche pas",
    "ce n'est pas ce que je voulais",
    "tu n'as pas compris ma question",
    "eso no es correcto",
    "no funciona",
    "No, eso no es lo que pedí",
    "está mal",
)
NOTHING = (
    "",
    "   ",
    "ok",
    "yes",
    "hello",
    "hi Mynah",
    "hmm",
    "got it",
    "thanks for nothing",
    "Thanks for nothing!",
    "yeah, right",
    "oh great",
    "Oh, great. Thanks.",
    "wow, thanks 🙄",
    "thanks 🙄",
    "perfect 🤡",
    "great job breaking it",
    "great /s",
    "perfect, just what I needed: another bug",
    "perfect :(",
    "perfect 👎",
    "that's wrong 👍",
    "no thanks",
    "no, thank you",
    "nope, thanks",
    "Nein, danke",
    "non merci",
    'thanks for the "help"',
    "works great... not",
    "thanks, but how do I install it?",
    "thanks, but how do I install it",
    "thanks, what about Windows?",
    "perfect, now add a test",
    "that worked, now do the same for lists",
    "thanks, and how about tuples",
    "does it work?",
    "is that correct?",
    "really?",
    "right?",
    "no, that's perfect",
    "no it works",
    "it didn't work. Oh wait, it works now",
    "the login doesn't work",
    "my printer is broken",
    "why doesn't it work?",
    "it doesn't work on Windows 11 with Python 3.8",
    "that's wrong because the list may be empty",
    "not in Java",
    "no, use Java",
    "no, in Python",
    "wrong directory",
    "how do I say thanks in French",
    "say thank you to the team in two sentences",
    "write a thank-you note",
    "I love tabs",
    "I prefer TypeScript",
    "my dog is Bella",
    "add comments",
    "shorter please",
    "good morning",
    "good night",
    "nice to meet you",
    "Great Britain",
    "correct my grammar",
    "perfect numbers below 1000",
    "fix it",
    "it works how",
    "print('thanks')",
    "`thanks`",
    "> that's wrong",
    "🦜",
    "👍👎",
    "😕",
    "😂",
    "grazie mille",
    "obrigado",
    "спасибо",
    "ありがとう",
    "شكرا",
    "תודה",
    "x = 1",
    "42",
    "thanks\nand now the next thing",
    "thanks " + "very " * 30 + "much",
)
TABLE: tuple[tuple[str, Gesture | None], ...] = (
    *((text, "thanks") for text in THANKS),
    *((text, "accepted") for text in ACCEPTED),
    *((text, "rejected") for text in REJECTED),
    *((text, None) for text in NOTHING),
)
LEXICON = Lexicon()
EARLIER = LEXICON.terms("How do I reverse a list in Python? Use list.reverse() or slicing [::-1].")


@pytest.mark.parametrize(("text", "said"), TABLE, ids=[f"{n}" for n in range(len(TABLE))])
def test_what_a_short_message_says(text: str, said: Gesture | None) -> None:
    assert gesture(text) == said, text


def test_the_table_is_wide_and_holds_nothing_twice() -> None:
    assert len({text for text, _ in TABLE}) == len(TABLE)
    assert min(len(THANKS), len(ACCEPTED), len(REJECTED), len(NOTHING)) >= 30


@pytest.mark.parametrize(
    "text", ["no", "nope", "nein", "no, that's wrong", "correct", "yes, that's right", "das stimmt"]
)
def test_a_yes_or_no_after_a_question_of_ours_answers_it(text: str) -> None:
    assert gesture(text) is not None
    assert gesture(text, asked=True) is None


@pytest.mark.parametrize("text", ["that's wrong", "perfect, thanks", "that worked", "thanks"])
def test_what_answers_no_question_is_heard_after_one_too(text: str) -> None:
    assert gesture(text, asked=True) == gesture(text) is not None


@given(st.text(max_size=200))
def test_any_text_is_read(text: str) -> None:
    assert gesture(text) in {"thanks", "accepted", "rejected", None}


@pytest.mark.parametrize(
    "piece", ["it ", "so ", "still ", "no ", "that's ", "not ", "very ", "ok "]
)
def test_long_repetitions_are_read_quickly(piece: str) -> None:
    gesture("thanks")  # reads the phrases
    began = time.perf_counter()
    for ending in ("", "x", "work"):
        gesture((piece * MOST_CHARS)[: MOST_CHARS - 8].strip() + " " + ending)
    assert time.perf_counter() - began < 0.5


@pytest.mark.parametrize(
    ("text", "after_s", "goes_on"),
    [
        ("does slicing copy the list?", 20.0, True),
        ("What does reverse return?", FOLLOWS_WITHIN_S, True),
        ("What does reverse return?", FOLLOWS_WITHIN_S + 1, False),
        ("What does reverse return?", -1.0, False),
        ("Reverse a list in Python without slicing.", 20.0, False),
        ("Who owns the billing module?", 20.0, False),
        ("and now?", 20.0, False),
        ("", 20.0, False),
    ],
)
def test_a_question_goes_on_if_it_comes_soon_and_speaks_of_the_same(
    text: str, after_s: float, goes_on: bool
) -> None:
    assert follows_up(text, LEXICON.terms(text), EARLIER, after_s) is goes_on
