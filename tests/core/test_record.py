"""Frozen values with named fields."""

import pytest

from homeport.core.record import Record


class Point(Record):
    """A place."""

    x: int
    y: int = 0


class Other(Record):
    x: int
    y: int = 0


class Nothing(Record):
    pass


def test_fields_have_the_values_given_and_their_defaults() -> None:
    point = Point(x=1)
    assert (point.x, point.y) == (1, 0)
    assert point.to_dict() == {"x": 1, "y": 0}
    assert Point(y=2, x=1).to_dict() == {"x": 1, "y": 2}
    assert Nothing().to_dict() == {}


def test_a_field_that_is_missing_or_unknown_is_an_error() -> None:
    with pytest.raises(TypeError, match="Point: missing or unknown: x"):
        Point()  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="Point: missing or unknown: z"):
        Point(x=1, z=2)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="Point: missing or unknown: z"):
        Point(x=1).replaced(z=2)


def test_replaced_is_a_copy() -> None:
    point = Point(x=1)
    assert point.replaced(y=5) == Point(x=1, y=5)
    assert point == Point(x=1)


def test_nothing_can_be_changed() -> None:
    point = Point(x=1)
    with pytest.raises(AttributeError, match="Point is frozen: x"):
        point.x = 2  # type: ignore[misc]
    with pytest.raises(AttributeError, match="Point is frozen: y"):
        del point.y
    assert point == Point(x=1)


def test_equal_are_those_of_one_kind_with_the_same_values() -> None:
    assert Point(x=1) == Point(y=0, x=1)
    assert Point(x=1) != Point(x=2)
    assert Point(x=1) != Other(x=1)
    assert len({Point(x=1), Point(y=0, x=1), Point(x=2), Other(x=1)}) == 3


def test_it_is_shown_as_it_would_be_written() -> None:
    assert repr(Point(y=2, x=1)) == "Point(x=1, y=2)"


def test_it_can_be_matched_by_its_fields() -> None:
    match Point(x=1, y=7):
        case Point(x=1, y=y):
            assert y == 7
        case _:
            pytest.fail("not matched")
