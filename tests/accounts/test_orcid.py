"""The checksum of ORCID iDs, and what people paste."""

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from accounts.orcid import check_character, normalise_orcid, validate_orcid

# Published by ORCID as examples of its structure.
PUBLISHED = ["0000-0002-1825-0097", "0000-0001-5109-3700", "0000-0002-1694-233X"]


def code_of(value: str) -> str:
    with pytest.raises(ValidationError) as raised:
        validate_orcid(value)
    return str(raised.value.code)


def valid_orcids() -> st.SearchStrategy[str]:
    fifteen = st.text("0123456789", min_size=15, max_size=15)
    return fifteen.map(lambda digits: normalise_orcid(digits + check_character(digits)))


@pytest.mark.parametrize("orcid", PUBLISHED)
def test_published_examples_are_valid(orcid: str) -> None:
    validate_orcid(orcid)


@given(valid_orcids(), st.integers(0, 15), st.integers(1, 9))
def test_changing_any_one_character_is_refused(orcid: str, position: int, step: int) -> None:
    characters = list(orcid.replace("-", ""))
    old = "0123456789X".index(characters[position])
    characters[position] = "0123456789"[(old + step) % 10]
    assert code_of(normalise_orcid("".join(characters))) == "checksum"


@given(valid_orcids(), st.integers(0, 14))
def test_swapping_two_neighbours_is_refused(orcid: str, position: int) -> None:
    characters = list(orcid.replace("-", ""))
    if characters[position] == characters[position + 1]:
        return
    characters[position], characters[position + 1] = characters[position + 1], characters[position]
    assert code_of(normalise_orcid("".join(characters))) in {"checksum", "shape"}  # an X that moved breaks the shape


@given(st.text(max_size=40))
def test_any_text_is_normalised_once_and_for_all(text: str) -> None:
    assert normalise_orcid(normalise_orcid(text)) == normalise_orcid(text)


@pytest.mark.parametrize(
    "pasted",
    [
        "https://orcid.org/0000-0002-1694-233X",
        "http://www.orcid.org/0000-0002-1694-233x/",
        "orcid.org/0000-0002-1694-233X",
        " 0000 0002 1694 233x ",
        "000000021694233X",
        "0000\N{EN DASH}0002\N{NON-BREAKING HYPHEN}1694\N{MINUS SIGN}233X",
    ],
)
def test_what_people_paste_becomes_the_bare_id(pasted: str) -> None:
    assert normalise_orcid(pasted) == "0000-0002-1694-233X"


@pytest.mark.parametrize(
    "wrong", ["", "0000-0002-1825", "0000-0002-1825-00970", "0000-0002-1825-009X0", "\u0660" * 16, "X" * 10_000]
)
def test_another_shape_is_refused(wrong: str) -> None:
    assert code_of(wrong) == "shape"
