"""Which requests are worth asking about, and the many more that are not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learning.interpretation.ambiguity import AMBIGUOUS, ambiguous
from learning.task_types import classify

OPEN = """
build api
Build API
build an api
build api!
make api
create a new api
can you build an api?
please build an api
could you please make a simple api
help me build an app
deploy api
deploy app
deploy the app
deploy
deployment
auth
Auth?
authentication
add auth
set up auth
fix login
fix the login
login page
make a report
write a report
report
dashboard?
build dashboard
design dashboard
build website
make a website
landing page
build landing page
make a song
make song
write tests
add tests
fix bug
write docs
docs
improve performance
set up ci
ci/cd
design database
database
db
build a chatbot
build chatbot pls
set up monitoring
improve security
deploy kubernetes
optimize database
review api
test api
refactor backend
design ui
UI
implement scheduler
refactor parser
debug scheduler
make a presentation
write proposal
add caching
add payments
"""

CLEAR = r"""
Which rotor cools the kiln?
Where is the retry policy?
where is the retry handling?
What is an API?
what does auth do
how do I deploy an api?
How does login work?
why is the dashboard slow?
who wrote the report?
when was the api deployed
is the api down?
does the deployment work?
do we have tests?
can you explain recursion?
explain auth
describe the api
find the bug
what's a database?
why ID
why 0190a1b2
forget ID
learnings
help
stop
why?
why
and in Python?
continue
go on
more
again
shorter please
explain more
add comments
in bullet points
fix it
do it
deploy it
deploy this
build that
make it better
improve this
test
testing
tests
bug
error
hello
hi
hey
good morning
hi there!
thanks
thank you!
thx
ok
yes
no
yes please
sure
Noted
noted.
nice
cool
great
lol
my dog is Bella
I prefer TypeScript
I like short answers
I am in Berlin
My name is Sam.
we deploy to Fly
I want to build an api
I need a dashboard
I'm working on auth
remember that the api is down
the api is down
our login is broken
the report is late
auth is broken
login fails
integrate x^2
integrate x
solve x^2 = 16
2+2
2 + 2
12% of 80
derivative of x^3
sin(x)
42
prove it
factor 360
calculate 17*23
build a REST API with FastAPI
build api with flask
build a rest api in go
deploy the api to Fly
deploy api to aws
fix login on mobile
make a report about sales
make a report for Q3
write tests for the parser
add auth using JWT
dashboard for sales
dashboard with charts
make a hip-hop song at 145 BPM
landing page for a bakery
deploy api v2
build 3 apis
write a poem
write a haiku about the sea
write a letter
tell me a joke
make a joke
build muscle
make friends
make money
make sense
create account
make coffee
plan b
plan a trip
design thinking
code review
release notes
start server
build Kiln
deploy Kiln
implement RetryHandler
refactor parse_config
fix handler.py
fix `login`
debug TypeError
deploy "api"
api.example.com
https://example.com
/api
@mynah
#api
build\tapi
build api\nwith auth
build api and deploy it
build api, then deploy it
build api or app
don't build api
not api
the dashboard
my api
kiln
widget
hotel
music
song
video
page
code
write code
show code
code for
implement with
debug some
¿qué es?
qué es una api
was ist eine API?
baue eine API
erstelle einen Bericht
déployer l'api
crear una api
構築する
API を作る
создай отчёт
أنشئ واجهة
बनाओ
👍
🙂 build api 🙂
🎉
...
?
!
-
_
a
api api api
translate this
summarise this
call mom
set a timer
lights off
"""


def _texts(table: str) -> list[str]:
    return [line.replace("\\t", "\t").replace("\\n", "\n") for line in table.split("\n") if line]


@pytest.mark.parametrize("text", _texts(OPEN))
def test_a_verb_and_a_bare_noun_or_a_bare_topic_is_open(text: str) -> None:
    found = ambiguous(text, task=classify(text), history=0, known_answer=False)
    assert found.open, found
    assert found.reason.endswith(".")


@pytest.mark.parametrize("text", ["", " ", *_texts(CLEAR)])
def test_everything_else_is_not_asked_about(text: str) -> None:
    found = ambiguous(text, task=classify(text), history=0, known_answer=False)
    assert found.score == 0.0, found


def test_the_tables_are_as_large_as_they_should_be() -> None:
    assert len(set(_texts(CLEAR))) >= 110
    assert len(set(_texts(CLEAR)) | set(_texts(OPEN))) >= 150


@pytest.mark.parametrize("text", _texts(OPEN))
def test_nothing_is_asked_where_a_rated_answer_is_known(text: str) -> None:
    assert not ambiguous(text, task=classify(text), history=0, known_answer=True).open


@pytest.mark.parametrize(
    "text", ["write tests", "add tests", "fix bug", "write docs", "implement scheduler"]
)
def test_inside_a_thread_what_leans_on_it_is_not_asked_about(text: str) -> None:
    assert ambiguous(text, task=classify(text), history=0, known_answer=False).open
    assert not ambiguous(text, task=classify(text), history=2, known_answer=False).open


@pytest.mark.parametrize("text", ["deploy api", "auth"])
def test_a_new_request_inside_a_thread_is_still_open_but_less_so(text: str) -> None:
    alone = ambiguous(text, task=classify(text), history=0, known_answer=False)
    inside = ambiguous(text, task=classify(text), history=4, known_answer=False)
    assert AMBIGUOUS <= inside.score < alone.score


def test_a_text_that_is_taken_for_mathematics_is_not_asked_about() -> None:
    assert not ambiguous("report", task=classify("2+2"), history=0, known_answer=False).open


@given(st.text(max_size=80), st.integers(0, 50))
def test_any_text_has_a_score_between_zero_and_one(text: str, history: int) -> None:
    found = ambiguous(text, task=classify(text), history=history, known_answer=False)
    assert 0.0 <= found.score <= 1.0


def test_a_huge_text_is_dismissed_at_once() -> None:
    text = "build api " * 20_000
    assert not ambiguous(text, task=classify(text), history=0, known_answer=False).open
