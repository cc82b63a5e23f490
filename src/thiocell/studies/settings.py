"""A technique's settings, built from the words of a study or of the command line."""

from __future__ import annotations

import re
import types
from collections.abc import Mapping
from dataclasses import Field, fields, is_dataclass
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from thiocell.core.bad_input import BadInput, choices
from thiocell.core.quantity import Quantity, same_dimension
from thiocell.core.technique import Technique


def build(name: str, kind: type[Technique], given: Mapping[str, Any]) -> Technique:
    """The technique ``kind`` with the settings ``given``; raises BadInput for an unknown or ill-typed one."""
    known = settings_of(kind)
    wrong = [word for word in given if word not in known]
    if wrong:
        raise BadInput(f"{name} has no setting '{wrong[0]}'; it has {choices(known)}")
    hints = get_type_hints(kind)
    made = {word: fitted(f"{name}'s setting '{word}'", hints[word], value) for word, value in given.items()}
    for word, value in made.items():
        like = known[word].metadata.get("like", "")
        _check_units(f"{name}'s setting '{word}'", value, Quantity.parse(like) if like else known[word].default)
    return kind(**made)


def settings_of(kind: type[Technique]) -> dict[str, Field[Any]]:
    """The settings of a technique by name."""
    return {entry.name: entry for entry in fields(kind) if entry.init} if is_dataclass(kind) else {}


def fitted(where: str, hint: Any, value: Any) -> Any:
    """``value`` as the type ``hint`` wants it; raises BadInput that says what would be right."""
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return _of_union(where, hint, value)
    if origin is Literal:
        if value not in get_args(hint):
            raise BadInput(f"{where} is '{value}'; choose from {', '.join(map(str, get_args(hint)))}")
        return value
    if origin is tuple:
        listed = value.split(",") if isinstance(value, str) else value
        listed = listed if isinstance(listed, (list, tuple)) else [listed]
        return tuple(
            fitted(where, get_args(hint)[0], item.strip() if isinstance(item, str) else item) for item in listed
        )
    if hint is Quantity:
        return _quantity(where, value)
    if hint is str and isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(hint, type) and isinstance(value, hint) and not (hint is int and isinstance(value, bool)):
        return value
    raise BadInput(f"{where} is {value!r}; a {_spoken(hint)} is wanted")


def _check_units(where: str, value: object, default: object) -> None:
    """Raise BadInput if quantities are not of the dimension that the default has."""
    if isinstance(value, tuple):
        for item in value:
            _check_units(where, item, (*default, None)[0] if isinstance(default, tuple) else default)
    if isinstance(value, Quantity) and isinstance(default, Quantity) and not same_dimension(value.unit, default.unit):
        raise BadInput(f"{where} is {plain(value)}; write it in '{default.unit}', like '{plain(default)}'")


def plain(quantity: Quantity) -> str:
    """The quantity without its sigma."""
    return re.sub(r"\((0|\?)\)", "", str(quantity)).strip()


def _of_union(where: str, hint: Any, value: Any) -> Any:
    options = [option for option in get_args(hint) if option is not type(None)]
    if value is None and len(options) < len(get_args(hint)):
        return None
    failures = []
    for option in options:
        try:
            return fitted(where, option, value)
        except BadInput as error:
            failures.append(error)
    raise failures[0]


def _quantity(where: str, value: Any) -> Quantity:
    if isinstance(value, Quantity):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return Quantity.exact(value)
    if not isinstance(value, str):
        raise BadInput(f"{where} is {value!r}; a quantity such as '25 mA/g' is wanted")
    try:
        return Quantity.parse(value)
    except BadInput as error:
        raise BadInput(f"{where}: {error}") from error


def _spoken(hint: Any) -> str:
    words = {str: "text", int: "whole number", float: "number", bool: "true or false"}
    return words.get(hint, str(hint))
