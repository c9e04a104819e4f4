from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learning.scope import WORKSPACE, Audience, Scope, channel, intersect, may_tell, person

ids = st.text(min_size=1, max_size=8)
audiences = st.one_of(st.just(WORKSPACE), st.builds(channel, ids), st.builds(person, ids))


@given(audiences)
def test_what_is_written_is_read_back(audience: Audience) -> None:
    assert Audience.parse(str(audience)) == audience


@pytest.mark.parametrize("text", ["", "everybody", "user", "user:", "channel:", "workspace:x", ":"])
def test_what_is_no_audience(text: str) -> None:
    with pytest.raises(ValueError, match="audience"):
        Audience.parse(text)


def test_a_channel_reads_the_workspace_and_itself() -> None:
    scope = Scope("w", "ann", channel("C1"), frozenset({"C1", "C2"}))
    assert set(scope.readable()) == {WORKSPACE, channel("C1")}, "no DM, no other channel"


def test_in_private_a_person_reads_what_is_theirs_and_their_channels() -> None:
    scope = Scope("w", "ann", person("ann"), frozenset({"C2", "C1"}))
    assert scope.readable() == (WORKSPACE, person("ann"), channel("C1"), channel("C2"))


def test_a_reply_to_all_draws_on_what_all_may_read() -> None:
    assert Scope("w", "ann", WORKSPACE, frozenset({"C1"})).readable() == (WORKSPACE,)


def test_where_outsiders_read_along_the_workspace_stays_out() -> None:
    assert Scope("w", "ann", channel("C1"), outsiders=True).readable() == (channel("C1"),)
    assert Scope("w", "ann", person("ann"), outsiders=True).readable() == (person("ann"),)
    assert Scope("w", "ann", WORKSPACE, outsiders=True).readable() == ()


@pytest.mark.parametrize(
    ("own", "reply", "outsiders", "told"),
    [
        (WORKSPACE, channel("C1"), False, True),
        (WORKSPACE, channel("C1"), True, False),
        (channel("C1"), channel("C1"), True, True),
        (channel("C2"), channel("C1"), False, False),
        (person("ann"), channel("C1"), False, False),
        (channel("C2"), person("ann"), True, True),
    ],
)
def test_what_a_person_said_of_themselves(
    own: Audience, reply: Audience, outsiders: bool, told: bool
) -> None:
    assert may_tell(own, reply, outsiders=outsiders) == told


@pytest.mark.parametrize(
    ("sources", "result"),
    [
        ([], WORKSPACE),
        ([WORKSPACE], WORKSPACE),
        ([WORKSPACE, channel("C1")], channel("C1")),
        ([channel("C1"), channel("C1")], channel("C1")),
        ([channel("C1"), person("ann")], person("ann")),
        ([person("ann"), WORKSPACE], person("ann")),
        ([channel("C1"), channel("C2")], None),
        ([person("ann"), person("bob")], None),
    ],
)
def test_the_audience_of_what_is_derived(sources: list[Audience], result: Audience | None) -> None:
    assert intersect(sources) == result
    assert intersect(reversed(sources)) == result


@given(st.lists(audiences, max_size=5), audiences)
def test_a_further_source_never_widens(sources: list[Audience], further: Audience) -> None:
    before, after = intersect(sources), intersect([*sources, further])
    order = {"workspace": 0, "channel": 1, "user": 2}
    if after is not None:
        assert before is not None
        assert order[after.kind] >= order[before.kind]
        assert after in {*sources, further, WORKSPACE}
