from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from learning.budget import _exceeds
from learning.tokens import estimated_tokens


@given(st.text(max_size=400), st.integers(0, 200))
def test_the_quick_look_never_throws_out_what_fits(text: str, room: int) -> None:
    assert not _exceeds(text, room) or estimated_tokens(text) > room
