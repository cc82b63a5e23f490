"""Files of a report: safe names, whole or not at all, and no left-overs of an earlier report."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from thiocell.studies.store import refuse_link

MANIFEST = ".report.json"
PAGE = "report.html"
_PLACES = ("figures", "data", PAGE, MANIFEST)
LONGEST = 80  # assumed: characters of a name, so that folder and ending fit every file system
_OURS = re.compile(r"(?:figures|data)/[A-Za-z0-9_=+-][A-Za-z0-9._=+-]*\.(?:svg|csv|cif)")
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.IGNORECASE)  # not file names on Windows


def safe_name(name: str) -> str:
    """``name`` as the stem of a file: 'series[x=0.05]' gives 'series_x=0.05'."""
    stem = re.sub(r"[^A-Za-z0-9._=+-]+", "_", name).strip("._")[:LONGEST]
    return f"_{stem}" if not stem or _RESERVED.fullmatch(stem) else stem


@dataclass
class Names:
    """Stems handed out so far: two names that come out alike, in any case of letters, get a mark each."""

    taken: dict[str, str] = field(default_factory=dict)

    def stem(self, name: str) -> str:
        """The safe stem of ``name``, the same each time it is asked for."""
        stem = safe_name(name)
        if self.taken.setdefault(stem.casefold(), name) == name:
            return stem
        mark = hashlib.sha256(name.encode()).hexdigest()[:6]
        stem = f"{stem}-{mark}"
        self.taken[stem.casefold()] = name
        return stem


def write_whole(path: Path, text: str) -> None:
    """Write ``text``, UTF-8, so that at any moment ``path`` is either as it was or whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    part.unlink(missing_ok=True)
    try:
        with part.open("x", encoding="utf-8", newline="") as page:
            page.write(text)
            page.flush()
            os.fsync(page.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def digest(text: str) -> str:
    """The sha256 of ``text``."""
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Manifest:
    """What an earlier report wrote: hashes of each file, and what each figure was made from."""

    files: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    figures: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """The manifest in ``folder``; an empty one if there is none, or none that can be read."""
        try:
            page = json.loads((folder / MANIFEST).read_text("utf-8"))
            files = {str(k): tuple(str(h) for h in v) for k, v in page["files"].items() if _OURS.fullmatch(str(k))}
            return cls(files, {str(k): str(v) for k, v in page["figures"].items()})
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return cls()

    def write(self, folder: Path) -> None:
        """Keep this manifest in ``folder``."""
        page = {"files": {k: list(v) for k, v in self.files.items()}, "figures": dict(self.figures)}
        write_whole(folder / MANIFEST, json.dumps(page, indent=1, sort_keys=True) + "\n")

    def kept(self, folder: Path, name: str, made_from: str) -> str | None:
        """The text of figure ``name`` if it was made from the same and nobody changed it since, else None."""
        if self.figures.get(name) != made_from:
            return None
        text = _text(folder / name)
        return text if text is not None and digest(text) in self.files.get(name, ()) else None


def write_all(folder: Path, page: str, texts: Mapping[str, str], figures: Mapping[str, str]) -> Path:
    """Write the ``texts`` by relative path, then ``page`` as report.html; then remove what an earlier report left.

    A file is removed only if the manifest says that we wrote it and it still holds what we wrote. Raises BadInput,
    before anything is written, if a part of the report is a link to somewhere else.
    """
    for place in _PLACES:
        refuse_link(folder / place)
    old, new = Manifest.read(folder), {name: digest(text) for name, text in texts.items()}
    both = {name: tuple(dict.fromkeys((*old.files.get(name, ()), *_one(new, name)))) for name in {**old.files, **new}}
    folder.mkdir(parents=True, exist_ok=True)
    if both != dict(old.files):
        Manifest(both).write(folder)  # first, so that a kill from here on orphans nothing
    for name, text in texts.items():
        if _text(folder / name) != text:
            write_whole(folder / name, text)
    write_whole(folder / PAGE, page)
    for name in old.files.keys() - new.keys():
        if digest(_text(folder / name) or "") in both[name]:
            (folder / name).unlink(missing_ok=True)
    Manifest({name: (hash_,) for name, hash_ in new.items()}, figures).write(folder)
    return folder / PAGE


def _one(table: Mapping[str, str], name: str) -> tuple[str, ...]:
    return (table[name],) if name in table else ()


def _text(path: Path) -> str | None:
    try:
        with path.open(encoding="utf-8", newline="") as page:
            return page.read()
    except (OSError, UnicodeDecodeError):
        return None
