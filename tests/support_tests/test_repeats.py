"""Names that stand twice in a JSON object are found, wherever the object is."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlour.support.repeats import repeated_name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('{"a": 1, "a": 1}', "a"),
        ('{"b": 1, "a": 1, "c": 1, "a": 2}', "a"),
        ('{"a": 1, "\\u0061": 2}', "a"),
        ('{"x": [1, {"deep": {"a": 1, "a": 2}}]}', "a"),
        ('[{"a": 1}, {"b": 1, "b": 2}]', "b"),
        ('{"": 1, "": 2}', ""),
    ],
)
def test_a_repeated_name_is_found(text: str, name: str) -> None:
    """Also when it is spelled in two ways."""
    assert repeated_name(text) == name


@pytest.mark.parametrize(
    "text", ["{}", "[]", "1", '"a"', '{"a": {"a": {"a": 1}}}', '[{"a": 1}, {"a": 1}]', '{"a": "a"}']
)
def test_a_name_may_stand_in_several_objects(text: str) -> None:
    """Only twice in one is too often."""
    assert repeated_name(text) is None


# Few and hostile ones: colons and backslashes in names and values, empty names, nested values.
SCRAPS = st.text(':\\"ab', max_size=3)
VALUES: st.SearchStrategy[Any] = SCRAPS | st.integers(0, 2) | st.lists(SCRAPS, max_size=2)


@given(pairs=st.lists(st.tuples(SCRAPS, VALUES), max_size=4), escaped=st.booleans())
def test_knowing_the_value_changes_nothing(pairs: list[tuple[str, Any]], *, escaped: bool) -> None:
    """It only saves reading the text once more, where nothing can be hidden in it."""
    members = [f"{json.dumps(name)}:{json.dumps(value)}" for name, value in pairs]
    text = "{" + ",".join(members) + "}"
    if escaped:
        text = text.replace(":", "\\u003a", 1) if text.startswith('{":') else text
    assert repeated_name(text, json.loads(text)) == repeated_name(text)


def test_what_is_no_json_is_a_value_error() -> None:
    """As from the reader that parsed it before."""
    with pytest.raises(ValueError, match="Expecting"):
        repeated_name("{")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(VALUES)
def test_what_a_dictionary_was_written_as_has_no_name_twice(value: object) -> None:
    """However it nests and whatever it is called."""
    assert repeated_name(json.dumps(value)) is None
    assert repeated_name(json.dumps(value, ensure_ascii=False)) is None


def test_finding_it_costs_no_more_for_each_name_than_reading_does() -> None:
    """Tens of thousands of names in one object, the second of one at the very end."""
    names = [f'"{number}":0' for number in range(50_000)]
    assert repeated_name("{" + ",".join([*names, names[0]]) + "}") == "0"
