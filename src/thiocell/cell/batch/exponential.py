"""exp(x) in a form that the compiler turns into vector instructions: the kinetics are mostly exponentials."""

from __future__ import annotations

import math
from typing import Any

from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

_LN2_HIGH, _LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10  # ln 2 in two parts (Cody and Waite 1980)
_ROUND = 6755399441055744.0  # 1.5 x 2^52: adding it rounds to a whole number, which then stands in the lowest bits

_C2, _C3, _C4, _C5, _C6, _C7, _C8, _C9, _C10, _C11, _C12, _C13 = (1.0 / math.factorial(k) for k in range(2, 14))


@intrinsic
def _as_bits(_context: Any, _number: Any) -> Any:
    """The bits of a float as a whole number."""

    def build(_target: Any, builder: Any, _signature: Any, given: Any) -> Any:
        return builder.bitcast(given[0], ir.IntType(64))

    return types.int64(types.float64), build


@intrinsic
def _as_float(_context: Any, _bits: Any) -> Any:
    """The float that has these bits."""

    def build(_target: Any, builder: Any, _signature: Any, given: Any) -> Any:
        return builder.bitcast(given[0], ir.DoubleType())

    return types.float64(types.int64), build


@njit(inline="always")
def exponential(x: float) -> float:
    """exp(x) to 1e-15 for abs(x) < 700: 2^n times the Taylor series of the rest, at most ln(2)/2, to the 13th power."""
    shifted = x * 1.4426950408889634 + _ROUND  # 1/ln 2
    n = shifted - _ROUND
    r = x - n * _LN2_HIGH - n * _LN2_LOW
    series = _C13
    series = _C12 + r * series
    series = _C11 + r * series
    series = _C10 + r * series
    series = _C9 + r * series
    series = _C8 + r * series
    series = _C7 + r * series
    series = _C6 + r * series
    series = _C5 + r * series
    series = _C4 + r * series
    series = _C3 + r * series
    series = _C2 + r * series
    series = 1.0 + r * (1.0 + r * series)
    return _as_float((_as_bits(shifted) << 52) + _as_bits(series))
