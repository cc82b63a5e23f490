"""Claims compute with the values of steps by a small parsed language."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thiocell.core import BadInput, Quantity
from thiocell.core.quantity import combine
from thiocell.studies.expression import parse, split


def value(text: str, **numbers: float) -> float:
    expression = parse(text)
    inputs = {f"a.{name}": Quantity.exact(number) for name, number in numbers.items()}
    return combine(expression.rule, {name: inputs[name] for name in expression.names}).value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a.x", 8),
        ("a.x - a.y - 1", 4),
        ("a.x / a.y / 2", 8 / 3 / 2),
        ("a.x - (a.y - 1)", 6),
        ("-a.x + 2 * a.y", -2),
        ("2 * a.x ^ 2", 128),
        ("-a.x ^ 2", -64),
        ("a.y - -a.x", 11),
        ("a.x * 2.4 / 4", 4.8),
        ("1e-2 * a.x", 0.08),
    ],
)
def test_arithmetic_binds_as_on_paper(text, expected):
    assert value(text, x=8, y=3) == pytest.approx(expected)


def test_a_member_of_a_family_is_a_name_like_any_other():
    expression = parse("series[x=0.1, y=0.15].mass / best.mass")
    assert expression.names == ("series[x=0.1, y=0.15].mass", "best.mass")
    assert split(expression.names[0]) == ("series[x=0.1, y=0.15]", "mass")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "3 + 4",
        "a.x +",
        "a.x b.y",
        "(a.x",
        "a.x)",
        "a.x ^ 10",
        "a.x ^ a.y",
        "import os",
        "a.x; b",
        "a.x ** 2",
        "(" * 200 + "a.x",
    ],
)
def test_anything_else_is_refused(text):
    with pytest.raises(BadInput):
        parse(text)


@given(st.text(alphabet="a.x()+-*/^ 0123456789e[]=", max_size=40))
def test_no_text_brings_out_another_error(text):
    with contextlib.suppress(BadInput):
        parse(text)


def test_dividing_by_zero_is_bad_input():
    with pytest.raises(BadInput, match="division by zero"):
        value("a.x / (a.y - a.y)", x=1, y=2)
