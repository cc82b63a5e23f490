"""Compilation, once a machine: what is compiled is kept under the fingerprint of all sources that it was made from."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

_HERE = Path(__file__).parent
_SOURCES = (*sorted(_HERE.glob("*.py")), _HERE.parent / "parameters.py", _HERE.parent / "resting.py")


def fingerprint() -> str:
    """Of the sources that go into the compiled code: numba's own cache looks at one file only."""
    return hashlib.sha256(b"".join(path.read_bytes() for path in _SOURCES)).hexdigest()[:16]


def kept_in() -> Path:
    """The folder of the compiled code: THIOCELL_CACHE, else the user's cache folder."""
    told = os.environ.get("THIOCELL_CACHE") or os.environ.get("XDG_CACHE_HOME")
    root = Path(told) if told else Path.home() / ".cache"
    return root / "thiocell" / "compiled" / fingerprint()


@cache
def solver() -> Callable[..., None]:
    """The compiled ``steps.carry_out_cells``."""
    import numba

    if not is_kept():
        sys.stderr.write("compiling the cell solver, once on this machine: this takes about a minute\n")
        sys.stderr.flush()
    from thiocell.cell.batch.steps import carry_out_cells

    settings: Any = numba.config
    before, settings.CACHE_DIR = settings.CACHE_DIR, str(kept_in())
    try:
        made: Callable[..., None] = numba.njit(error_model="numpy", nogil=True, cache=True)(carry_out_cells)
    finally:
        settings.CACHE_DIR = before
    return made


def is_kept() -> bool:
    """Is the code compiled already on this machine?"""
    return any(kept_in().glob("**/*.nbi"))
