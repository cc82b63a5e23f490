"""Arithmetic between the values of a study, as claims write it: 'printed.capacity_200 / printed.capacity_25'."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from thiocell.core.bad_input import BadInput

_TOKEN = re.compile(
    r"\s*(?:(?P<name>[A-Za-z][\w-]*(?:\[[^\]]*\])?\.[A-Za-z]\w*)|(?P<number>\d+\.?\d*(?:[eE][-+]?\d+)?)|(?P<sign>[-+*/^()]))"
)
_DEEPEST = 40
_OPERATORS: Mapping[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}

Rule = Callable[[Mapping[str, Any]], Any]


@dataclass(frozen=True)
class Expression:
    """``names`` are the values it uses, each 'step.value'; ``rule`` computes it from a mapping of these names."""

    text: str
    names: tuple[str, ...]
    rule: Rule

    def __reduce__(self) -> tuple[Callable[[str], Expression], tuple[str]]:
        """The text travels to another process; the rule, made of nameless functions, cannot."""
        return parse, (self.text,)


def parse(text: str) -> Expression:
    """Read an expression of values, numbers, + - * / ^ and brackets; raises BadInput saying where it goes wrong."""
    tokens = _tokens(text)
    reader = _Reader(text, tokens)
    rule = reader.sum(0)
    if reader.at < len(tokens):
        raise BadInput(
            f"'{text}' goes wrong at '{tokens[reader.at][1]}'; write it like 'rate.capacity_4 / rate.capacity_1'"
        )
    names = tuple(dict.fromkeys(word for kind, word in tokens if kind == "name"))
    if not names:
        raise BadInput(f"'{text}' names no value of a step; write it like 'rate.capacity_4 / rate.capacity_1'")
    return Expression(text, names, rule)


def split(name: str) -> tuple[str, str]:
    """'step' and 'value' of a name 'step.value'; the step may carry a member of its family, 'series[x=0.1].a'."""
    step, _, value = name.rpartition(".")
    return step, value


def _tokens(text: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    at = 0
    while text[at:].strip():
        match = _TOKEN.match(text, at)
        if match is None:
            raise BadInput(f"'{text}' goes wrong at '{text[at:].strip()[:20]}'; a value is written 'step.value'")
        kind = str(match.lastgroup)
        found.append((kind, match[kind]))
        at = match.end()
    return found


class _Reader:
    """Recursive descent: sum of products of powers."""

    def __init__(self, text: str, tokens: list[tuple[str, str]]) -> None:
        self.text, self.tokens, self.at = text, tokens, 0

    def _next(self) -> tuple[str, str]:
        return self.tokens[self.at] if self.at < len(self.tokens) else ("end", "its end")

    def _chain(self, signs: str, part: Callable[[int], Rule], depth: int) -> Rule:
        left = part(depth)
        while self._next()[0] == "sign" and self._next()[1] in signs:
            sign = self._next()[1]
            self.at += 1
            left = _joined(_OPERATORS[sign], left, part(depth))
        return left

    def sum(self, depth: int) -> Rule:
        if depth > _DEEPEST:
            raise BadInput(f"'{self.text[:40]}...' is nested too deeply")
        return self._chain("+-", self.product, depth)

    def product(self, depth: int) -> Rule:
        return self._chain("*/", self.power, depth)

    def power(self, depth: int) -> Rule:
        if self._next() == ("sign", "-"):
            if depth > _DEEPEST:
                raise BadInput(f"'{self.text[:40]}...' is nested too deeply")
            self.at += 1
            inner = self.power(depth + 1)
            return lambda values: -inner(values)
        base = self.atom(depth)
        if self._next() != ("sign", "^"):
            return base
        self.at += 1
        kind, word = self._next()
        if kind != "number" or not word.isdigit() or int(word) > 9:
            raise BadInput(f"'{self.text}' has the power '{word}'; a whole number up to 9 is allowed")
        self.at += 1
        exponent = int(word)
        return lambda values: base(values) ** exponent

    def atom(self, depth: int) -> Rule:
        kind, word = self._next()
        self.at += 1
        if kind == "name":
            return lambda values: values[word]
        if kind == "number":
            number = float(word)
            return lambda _: number
        if word == "(":
            whole = self.sum(depth + 1)
            if self._next() != ("sign", ")"):
                raise BadInput(f"'{self.text}' lacks a closing bracket")
            self.at += 1
            return whole
        raise BadInput(f"'{self.text}' goes wrong at '{word}'; a value 'step.value' or a number was expected")


def _joined(operation: Callable[[Any, Any], Any], left: Rule, right: Rule) -> Rule:
    return lambda values: operation(left(values), right(values))
