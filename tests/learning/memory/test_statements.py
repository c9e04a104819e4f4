from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learning.memory.statements import read
from tests.learning.memory.sentences import CHANGES, GOALS, LANGUAGES, NOTHING, PREFERENCES

NOW = datetime(2026, 3, 11, 15, 0, tzinfo=UTC)  # a Wednesday


@pytest.mark.parametrize(("text", "told", "slot", "value"), PREFERENCES)
def test_preferences_are_read(
    text: str, told: str | None, slot: str | None, value: str | None
) -> None:
    drafts = read(text, NOW).drafts
    expected = [] if told is None else [("preference", told, slot, value, "stated")]
    assert [(d.kind, d.text, d.slot, d.value, d.origin) for d in drafts] == expected


@pytest.mark.parametrize(("text", "told", "slot", "value", "replaces"), CHANGES)
def test_changes_name_what_they_replace(
    text: str, told: str, slot: str, value: str, replaces: str
) -> None:
    drafts = read(text, NOW).drafts
    assert [(d.text, d.slot, d.value, d.replaces) for d in drafts] == [
        (told, slot, value, replaces)
    ]


@pytest.mark.parametrize(("text", "goal"), GOALS)
def test_goals_are_read_in_the_imperative(text: str, goal: str) -> None:
    assert [(d.kind, d.text) for d in read(text, NOW).drafts] == [("goal", goal)]


@pytest.mark.parametrize("text", NOTHING)
def test_what_is_no_statement_leaves_no_draft(text: str) -> None:
    assert read(text, NOW).drafts == ()
    assert read(text, NOW).contradictions == ()


def test_half_of_the_sentences_state_nothing() -> None:
    stating = len(PREFERENCES) + len(CHANGES) + len(GOALS)
    assert stating + len(NOTHING) >= 150
    assert len(NOTHING) >= stating


@pytest.mark.parametrize("text", LANGUAGES)
def test_languages_that_are_not_read_leave_no_draft(text: str) -> None:
    assert read(text, NOW).drafts == ()


def test_fifty_languages_are_tried() -> None:
    assert len(set(LANGUAGES)) >= 50


@pytest.mark.parametrize(
    ("text", "value", "text_of_goal"),
    [
        ("I've deployed it", "done:it", "deployed it"),
        ("done with the landing page", "done:landing page", "finished the landing page"),
        ("I finished the API!", "done:api", "finished the API"),
        ("The API is finished", "done:api", "finished the API"),
        ("I gave up on the mobile app", "dropped:mobile app", "gave up the mobile app"),
        (
            "We no longer want to build the app",
            "dropped:build the app",
            "no longer wants to build the app",
        ),
    ],
)
def test_goals_reached_and_given_up_are_history(text: str, value: str, text_of_goal: str) -> None:
    drafts = read(text, NOW).drafts
    assert [(d.kind, d.value, d.text) for d in drafts] == [("history", value, text_of_goal)]


@pytest.mark.parametrize(
    ("text", "kind", "kept"),
    [
        ("Remember that our API allows 100 calls", "insight", "our API allows 100 calls"),
        ("please remember: we ship every Thursday.", "insight", "we ship every Thursday"),
        ("Remember my birthday is 3 May", "insight", "my birthday is 3 May"),
        (
            "Keep in mind that the build, sadly, takes an hour, and we wait",
            "insight",
            "the build, sadly, takes an hour, and we wait",
        ),
        ("Don't forget that we shipped v2", "history", "we shipped v2"),
    ],
)
def test_what_is_to_be_remembered_is_kept_word_for_word(text: str, kind: str, kept: str) -> None:
    assert [(d.kind, d.text) for d in read(text, NOW).drafts] == [(kind, kept)]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("remember that I'm French", ["I'm French"]),
        ("remember we ship every Thursday", ["we ship every Thursday"]),
        ("remember I like jazz and I hate Java", ["likes jazz", "hates Java"]),
        ("remember that I prefer tabs and that I use Vim", ["prefers tabs", "uses Vim"]),
        ("remember I like tabs and spaces", ["likes tabs", "likes spaces"]),
        ("remember I like it and I use Vim", ["uses Vim"]),
        ("remember we use Django and our API has users", ["uses Django", "our API has users"]),
        ("Remember that our API has users and we like it", ["our API has users and we like it"]),
    ],
)
def test_of_what_is_to_be_remembered_each_part_is_read(text: str, kept: list[str]) -> None:
    assert [d.text for d in read(text, NOW).drafts] == kept


@pytest.mark.parametrize(
    "text",
    [
        "About me: I use Vim", "For the record: I use Vim", "My setup — I use Vim",
        "Here's my situation: I use Vim", "Hi Mynah - I use Vim", "For my boss: I use Vim",
        "Yes - I use Vim", "Some background: I use Vim", "Question: I use Vim, how do I quit?",
    ],
)  # fmt: skip
def test_a_line_of_ones_own_may_have_a_label(text: str) -> None:
    assert [d.text for d in read(text, NOW).drafts] == ["uses Vim"]


@pytest.mark.parametrize(
    ("text", "until"),
    [
        ("Until Friday I use Windows", datetime(2026, 3, 14, tzinfo=UTC)),
        ("I use Windows until Wednesday", datetime(2026, 3, 19, tzinfo=UTC)),
        ("I'm in Berlin this week", datetime(2026, 3, 16, tzinfo=UTC)),
        ("I'm in Berlin until tomorrow.", datetime(2026, 3, 13, tzinfo=UTC)),
        ("I'm in Berlin today", datetime(2026, 3, 12, tzinfo=UTC)),
        ("I use Windows until the end of the month", datetime(2026, 4, 1, tzinfo=UTC)),
        ("I use Windows until 2026-05-02", datetime(2026, 5, 3, tzinfo=UTC)),
        ("I use Windows for the next two weeks", datetime(2026, 3, 25, 15, 0, tzinfo=UTC)),
        ("I moved to Berlin this week", None),
        ("We switched to GCP today", None),
        ("For now we use Windows", NOW + timedelta(days=7)),
        ("Ich wohne in Berlin bis Freitag", datetime(2026, 3, 14, tzinfo=UTC)),
        ("I use Windows until 2026-02-30", None),
        ("I use Windows", None),
    ],
)
def test_an_end_that_was_said_is_kept(text: str, until: datetime | None) -> None:
    (draft,) = read(text, NOW).drafts
    assert draft.until == until
    assert "until" not in draft.text


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("I love tabs. Actually, I hate tabs.", ["not:tabs"]),
        ("Always use spaces. No, use tabs from now on.", ["tabs"]),
        ("Always use spaces. Sorry, I meant tabs.", ["tabs"]),
        ("We deploy to Vercel. We moved to Fly.", ["fly"]),
        ("we deploy on AWS, actually no, on GCP", ["google cloud"]),
        ("we deploy on AWS, no wait, Fly", ["fly"]),
        ("I prefer long answers. No, short answers.", ["short answers"]),
        ("I prefer long answers, no, short ones", ["short answers"]),
        ("I prefer long answers. No, I prefer short answers.", ["short answers"]),
        ("I deploy to Fly — sorry, Heroku", ["heroku"]),
        ("I deploy to Fly. No. Heroku.", ["heroku"]),
        ("I use Vim or rather Neovim", ["neovim"]),
        ("I use Vim and Postgres. Sorry, I meant Emacs.", ["postgresql", "emacs"]),
        ("I live in Berlin, no, in Lisbon", ["lisbon"]),
        ("my name is Ida, I mean Idi", ["idi"]),
        ("I use Vim. Scratch that. Emacs.", ["emacs"]),
        ("I love tabs. Scratch that.", []),
        ("I prefer tabs, actually no", []),
        # What comes after is no thing of the kind, or speaks of something else.
        ("I prefer tabs. No, thanks.", ["tabs"]),
        ("I live in Berlin. Sorry, Bob.", ["berlin"]),
        ("I prefer long answers. No, Bob wants answers", ["long answers"]),
        ("I prefer tabs. The build is broken. Actually no, it works.", ["tabs"]),
        ("I prefer tabs. The build is broken. Scratch that.", ["tabs"]),
        ("I love music from last year", ["music from last year"]),
        ("I love tabs. I hate tabs. Sorry, I love tabs.", ["tabs"]),
        ("I use Vim. I hate Vim.", ["vim", "not:vim"]),
        ("I like Docker. We don't use Docker.", ["docker", "not:docker"]),
        ("I use Vim and Emacs", ["vim", "emacs"]),
        ("This week I use Windows. I use Linux.", ["windows", "linux"]),
        ("I hate tabs, always use spaces", ["not:tabs", "spaces"]),
    ],
)
def test_a_correction_wins_and_what_fits_together_stays(text: str, values: list[str]) -> None:
    found = read(text, NOW)
    assert [d.value for d in found.drafts] == values
    assert found.contradictions == ()


@pytest.mark.parametrize(
    ("text", "first", "second"),
    [
        ("I love tabs. I hate tabs.", "I love tabs.", "I hate tabs."),
        ("Always use spaces. Always use tabs.", "Always use spaces.", "Always use tabs."),
        (
            "I always use dark mode. I hate dark mode.",
            "I always use dark mode.",
            "I hate dark mode.",
        ),
        ("I love Rust … I never use Rust.", "I love Rust …", "I never use Rust."),
        ("I like tabs and I like spaces.", "I like tabs", "I like spaces."),
        ("remember I like tabs and I like spaces.", "remember I like tabs", "I like spaces."),
        ("We deploy to Fly, and we deploy to Vercel.", "We deploy to Fly", "we deploy to Vercel."),
    ],
)
def test_of_what_contradicts_itself_nothing_is_learned(text: str, first: str, second: str) -> None:
    found = read(text + " I prefer jazz.", NOW)
    assert [d.value for d in found.drafts] == ["jazz"]
    (told,) = found.contradictions
    assert f"“{first}”" in told
    assert f"“{second}”" in told


@pytest.mark.parametrize(
    ("text", "goal"),
    [
        ("I want to build a REST API, no, a GraphQL API", "build a GraphQL API"),
        ("I want to learn Rust, I mean Go", "learn Go"),
        ("I want to build a REST API. No, I want to build a CLI.", None),
    ],
)
def test_a_goal_is_corrected_as_well(text: str, goal: str | None) -> None:
    told = [d.text for d in read(text, NOW).drafts]
    assert told == ([goal] if goal else ["build a REST API", "build a CLI"])


def test_what_mynah_said_is_not_learned_again() -> None:
    assert read("I prefer TypeScript.", NOW).drafts
    assert read("I prefer TypeScript.", NOW, ["You asked. I prefer TypeScript."]).drafts == ()


def test_a_secret_stays_out_wherever_it_stands() -> None:
    secrets = ["hunter2secret", "ghp_16C7e42F292c6912E7710c838347Ae178B4a", "4111111111111111"]
    for secret in secrets:
        for frame in ("I use {}", "My password is {}", "Remember that our key is {}", "call me {}"):
            drafts = read(frame.format(secret), NOW).drafts
            if secret != secrets[0] or "password" in frame:
                assert not any(secret in d.text + d.value for d in drafts)


def test_a_long_message_is_read_quickly() -> None:
    texts = ["I really " * 4_500, "I love tabs and " * 2_600, "not " * 10_000, "'a" * 20_000]
    for text in texts:
        started = time.thread_time()
        read(text, NOW)
        assert time.thread_time() - started < 0.1, text[:10]  # 5 ms on an idle machine


WORDS = [
    "I",
    "we",
    "love",
    "use",
    "not",
    "tabs",
    "Vim",
    "from",
    "to",
    "until",
    "Friday",
    ".",
    ",",
    "?",
]


@given(
    st.one_of(st.text(max_size=500), st.lists(st.sampled_from(WORDS), max_size=30).map(" ".join))
)
def test_any_text_can_be_read_and_drafts_are_well_formed(text: str) -> None:
    for draft in read(text, NOW).drafts:
        assert draft.text
        assert "\n" not in draft.text
        assert 0 < draft.confidence <= 1
        assert draft.origin == "stated"


@given(st.text(alphabet=st.characters(categories=["Mn", "So", "Lo", "Cf"]), max_size=300))
def test_marks_emoji_and_other_scripts_state_nothing(text: str) -> None:
    assert read(text, NOW).drafts == ()


def test_an_end_beyond_all_calendars_is_none() -> None:
    (draft,) = read("I use Vim until 9999-12-31", NOW).drafts
    assert draft.until is None
