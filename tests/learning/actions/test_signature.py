from hypothesis import given
from hypothesis import strategies as st

from learning.actions.signature import MOST_CHARS, signature


def test_the_same_problem_with_other_values_has_the_same_signature() -> None:
    one = signature(
        "Repository 'acme/api-7' not found (request id: 8f2e91ac77d0) at 2026-11-21T10:00:00Z",
        {"repo": "acme/api-7"},
    )
    other = signature(
        "Repository 'zoo/web' not found (request id: 11aa93ac77ff) at 2026-11-22T11:30:09Z",
        {"repo": "zoo/web"},
    )

    assert one == other
    assert "not found" in one


def test_what_tells_problems_apart_stays() -> None:
    said = "duration must be at most 240 (code too_large), got 900"

    found = signature(said, {"duration": 900})

    assert found != signature(said.replace("240", "100"), {"duration": 900})
    assert found != signature(said.replace("duration", "tempo"), {"tempo": 900})
    assert found != signature(said.replace("too_large", "too_long"), {"duration": 900})
    assert found == signature(said.replace("900", "17"), {"duration": 17})


def test_a_module_that_is_not_a_parameter_stays_in_the_signature() -> None:
    one = signature("Module not found: left-pad", {})

    assert one != signature("Module not found: right-pad", {})


@given(
    st.text(max_size=600), st.dictionaries(st.text(max_size=8), st.text(max_size=20), max_size=4)
)
def test_a_signature_is_its_own_and_never_long(said: str, params: dict[str, str]) -> None:
    found = signature(said, params)

    assert len(found) <= MOST_CHARS
    assert found == signature(said, params)
    assert signature(found, {}) == found
