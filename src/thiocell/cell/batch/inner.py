"""How the solver's inner functions are compiled: no counting of references, arguments that do not overlap."""

from __future__ import annotations

from typing import Any

from numba import njit
from numba.core.compiler import Compiler

FAST = {"contract", "nsz", "arcp"}
"""Products and sums may be fused; nothing is regrouped (``exponential`` rounds by a sum), NaN keeps its meaning."""


class _Apart(Compiler):
    """Promises that what a call writes is reached by one of its arguments alone: loops then need no check for it."""

    def define_pipelines(self) -> Any:
        """Called by numba for each function."""
        self.state.flags.noalias = True
        above: Any = super()
        return above.define_pipelines()


_HOW: dict[str, Any] = {"error_model": "numpy", "fastmath": FAST, "pipeline_class": _Apart}
# without _nrt=False every view of a row costs two calls that count references, half of all time; such functions cannot
# make arrays
_HOW["_nrt"] = False
_HIDDEN: dict[str, Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
# a call hands over some 200 numbers, since each array is several: what runs in every step is compiled into its caller
_INTO: dict[str, Any] = {"forceinline": True}

shown = njit(**_HOW, **_INTO)
"""Compiled into its caller, and may be called from Python too."""
inner = njit(**_HOW, **_HIDDEN, **_INTO)
"""Compiled into its caller, which is compiled code."""
inner_sums = njit(**(_HOW | {"fastmath": FAST | {"reassoc"}}), **_HIDDEN, **_INTO)
"""The same for sums that may be regrouped."""
called = njit(**_HOW, **_HIDDEN)
"""Compiled once and called from compiled code: what is used at several places."""
