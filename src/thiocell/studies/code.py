"""Which of our code a step uses, as one hash: a changed helper module makes its steps run again."""

from __future__ import annotations

import ast
import hashlib
import sys
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

_OURS = "thiocell"


@dataclass(frozen=True)
class Code:
    """``digest`` over the sources of all our modules that are used; ``versions`` of the engines that these import."""

    digest: str
    versions: tuple[tuple[str, str], ...]


@cache
def code_of(*modules: str) -> Code:
    """The code behind ``modules`` and all of ours that they import, at whatever depth and place."""
    digest = hashlib.sha256()
    engines: set[str] = set()
    for name, source, imported in _closure(modules):
        digest.update(f"{name}\0{source}\0".encode())
        engines |= imported
    stated = tuple((engine, found) for engine in sorted(engines) if (found := _version(engine)))
    return Code(digest.hexdigest(), stated)


def _closure(modules: tuple[str, ...]) -> list[tuple[str, str, frozenset[str]]]:
    waiting, seen = list(modules), {}
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        source, ours, engines = _reading(name)
        seen[name] = (name, source, engines)
        waiting.extend(ours)
    return [seen[name] for name in sorted(seen)]


@cache
def _reading(name: str) -> tuple[str, tuple[str, ...], frozenset[str]]:
    """Source of a module, the modules of ours that it imports, and the engines."""
    spec = find_spec(name)
    if spec is None or spec.origin is None or not spec.origin.endswith(".py"):
        return "", (), frozenset()
    source = Path(spec.origin).read_text("utf-8")
    ours: list[str] = []
    engines: set[str] = set()
    own_top = name.partition(".")[0]
    for word in _imports(source):
        top = word.partition(".")[0]
        if top in (_OURS, own_top):
            ours.append(word)
        elif top not in sys.stdlib_module_names:
            engines.add(top)
    return source, tuple(ours), frozenset(engines)


def _imports(source: str) -> set[str]:
    """Absolute module names that a source imports anywhere; 'from a import b' counts as a and, where it is one, a.b."""
    words: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            words.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            words.add(node.module)
            if node.module.partition(".")[0] == _OURS:
                words.update(f"{node.module}.{a.name}" for a in node.names if _is_module(f"{node.module}.{a.name}"))
    return words


def _is_module(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:
        return False


@cache
def _version(engine: str) -> str:
    try:
        return version(engine)
    except PackageNotFoundError:
        return ""
