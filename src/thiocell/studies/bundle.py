"""The studies that come with the package."""

from __future__ import annotations

import re
import shutil
import uuid
from pathlib import Path

from thiocell.core.bad_input import BadInput

_HOME = Path(__file__).resolve().parents[1] / "bundled"
_PATTERN = "tour"
_FILE = "study.toml"


def bundled() -> dict[str, Path]:
    """The folder of each bundled study, by name."""
    return {place.parent.name: place.parent for place in sorted(_HOME.glob(f"*/{_FILE}"))}


def scaffold(folder: Path) -> None:
    """Make ``folder`` a copy of the tour under its own name; raises BadInput if it exists or cannot be made."""
    if not re.fullmatch(r"[^\W_][\w .-]*", folder.name):
        raise BadInput(f"'{folder.name}' is no good name for a folder; use letters, digits, _ and -")
    if folder.exists():
        raise BadInput(f"{folder} exists already; choose another name")
    draft = folder.parent / f".{folder.name}-{uuid.uuid4().hex[:8]}"
    try:
        shutil.copytree(bundled()[_PATTERN], draft, ignore=shutil.ignore_patterns("__pycache__"))
        page = draft / _FILE
        text = re.sub(r'(?m)^title = ".*"$', f'title = "{folder.name}"', page.read_text("utf-8"), count=1)
        page.write_text(text, "utf-8")
        draft.rename(folder)
    except OSError as error:
        raise BadInput(f"{folder} cannot be made: {error.strerror or error}") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
