"""Thin layers in a refinement: their humps stand beside the lines as one shape, whose width and spacing are sought."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from thiocell.chemistry.structure import Structure
from thiocell.techniques._diffraction.beam import Beam
from thiocell.techniques._diffraction.engine import (
    SHAPE_SCALE,
    Phase,
    Plan,
    mass_and_volume,
    refine,
    simulate,
    slopes_of,
    slow_columns,
    wavelength_of,
)
from thiocell.techniques._diffraction.layers import Layers, Scattering
from thiocell.techniques._diffraction.pattern import Pattern
from thiocell.techniques._diffraction.refined import Refined
from thiocell.techniques._diffraction.shares import masses
from thiocell.techniques._findings import Findings
from thiocell.techniques._spread import Spread

Array = NDArray[np.float64]

WIDEST = 80.0
"""angstrom; assumed: what is wider is a crystal."""
_WIDTH, _SPACING = (6.0, WIDEST), (0.8, 1.3)
"""angstrom, share of where it began; assumed: bounds of the layers' width and spacing."""
_GRID, _SPACINGS = 30, (0.94, 1.0, 1.06)
"""assumed: widths, and spacings as shares of the one that was told, among which the search begins."""
_PLAIN, _HALO = (0.1, 0.4), 2.0
"""degrees; assumed: widths of lines and of halos while it does."""
_SCAN = np.linspace(-0.4, 0.4, 41)
"""assumed: logarithms of widths beside the last that are tried before the nearest best is sought."""
_ROUNDS = 9
"""assumed: rounds between the lines and the humps beneath them."""
_SETTLED = 0.02
"""assumed: share of a sigma by which width and spacing may still move between rounds."""
_TOP = 0.15
"""assumed: share of the highest hump that a hump must have to be told."""


@dataclass(frozen=True)
class Matched:
    """Layers as the pattern has them, with sigmas of width and spacing (angstrom) and what ended at a bound."""

    layers: Layers
    width_sigma: float
    spacing_sigma: float
    bounded: tuple[str, ...]


class Shapes:
    """What mass 1 of layers scatters at two-theta ``angle`` (degrees), where a phase's mass is scale times M times V.

    A powder of n cells scatters n 2 pi^2 |F|^2 / (V q^2) into a line (integral over q), which stands in the engine as
    scale |F|^2 over sine and cosine factors (integral over degrees): a cell of the layers counts
    16 pi^2 / (180 wavelength^3) over its mass.
    """

    def __init__(self, angle: Array, structure: Structure, beam: Beam, widest: float = WIDEST) -> None:
        wavelength = wavelength_of(beam)
        polarised = beam.polarised + (1.0 - beam.polarised) * np.cos(np.radians(angle)) ** 2
        mass, _ = mass_and_volume(structure)
        self._each = 16.0 * np.pi**2 / 180.0 / wavelength**3 / mass * polarised
        self._scattering = Scattering(angle, structure, wavelength, widest)

    def of(self, layers: Layers) -> Array:
        """The curve of ``layers``."""
        return np.asarray(self._each * self._scattering.of(layers))


def refine_layered(
    pattern: Pattern, phases: Sequence[Phase], beam: Beam, plan: Plan, layers: Layers
) -> tuple[Refined, Plan, Matched]:
    """The refinement with humps of layers that fit, the plan that holds their shape, and the layers.

    The engine refines all but the layers' shape, which stands still; then width and spacing go to where they fit best
    with all else free to give way, and so on until they stay.
    """
    shapes = Shapes(pattern.angle, layers.structure, beam)
    here, near = _start(pattern, phases, beam, plan, layers, shapes), None
    for _ in range(_ROUNDS):
        held = replace(plan, shape=(pattern.angle, shapes.of(here)))
        fit = refine(pattern, phases, beam, held, near)
        near = fit.near(range(len(phases)))
        matched = _match(slopes_of(pattern, phases, beam, held, fit), fit, here, layers.spacing, shapes)
        there = matched.layers
        moved = (abs(there.width - here.width), abs(there.spacing - here.spacing))
        if moved[0] < _SETTLED * matched.width_sigma and moved[1] < _SETTLED * matched.spacing_sigma:
            break
        here = there
    return fit, held, matched


def _match(slopes: Array, fit: Refined, layers: Layers, spacing: float, shapes: Shapes) -> Matched:
    """Width and spacing that explain most of what is left without layers, all else giving way as its slopes say."""
    beside = [k for k, path in enumerate(fit.paths) if path != SHAPE_SCALE]
    turn = np.linalg.qr(slopes[:, beside] / np.maximum(np.linalg.norm(slopes[:, beside], axis=0), 1e-300)
                        / fit.sigma[:, None])[0]  # fmt: skip
    left = (fit.observed - fit.calculated + fit.values[SHAPE_SCALE] * shapes.of(layers)) / fit.sigma
    left = left - turn @ (turn.T @ left)

    def rest(x: Array) -> Array:
        made = shapes.of(replace(layers, width=float(np.exp(x[0])), spacing=float(x[1]))) / fit.sigma
        made = made - turn @ (turn.T @ made)
        return np.asarray(left - made * max(float(made @ left) / float(made @ made), 0.0))

    low = np.array([np.log(_WIDTH[0]), _SPACING[0] * spacing])
    high = np.array([np.log(_WIDTH[1]), _SPACING[1] * spacing])
    tried = [np.array([np.log(layers.width) + step, layers.spacing]) for step in _SCAN]
    first = min((np.clip(x, low, high) for x in tried), key=lambda x: float(rest(x) @ rest(x)))
    inner = np.clip(first, low + 1e-3, high - 1e-3)
    found = least_squares(rest, inner, bounds=(low, high), x_scale=(0.1, 0.1), diff_step=[1e-4, 1e-4], max_nfev=20)
    jacobian = np.asarray(found.jac)
    error = np.sqrt(np.diag(np.linalg.pinv(jacobian.T @ jacobian))) * max(fit.gof, 1.0)
    edge = 0.01 * (high - low)
    names = ("width of layers", "spacing of layers")
    bounded = tuple(
        name for name, x, a, b, e in zip(names, found.x, low, high, edge, strict=True) if x < a + e or x > b - e
    )
    width = float(np.exp(found.x[0]))
    return Matched(
        replace(layers, width=width, spacing=float(found.x[1])), width * float(error[0]), float(error[1]), bounded
    )


def _start(pattern: Pattern, phases: Sequence[Phase], beam: Beam, plan: Plan, layers: Layers, shapes: Shapes) -> Layers:
    """The width and spacing of a grid that explain most beside plain lines, with heights of all sought at once."""
    angle = pattern.angle
    lines = [simulate(angle, [(phase.structure, 1.0, width, 0.0)], beam, plan) for phase in phases for width in _PLAIN]
    slow = slow_columns(angle, plan, [(place, _HALO) for place in plan.halos])
    tried = []
    for width in np.geomspace(*_WIDTH, _GRID):
        for share in _SPACINGS:
            each = replace(layers, width=float(width), spacing=share * layers.spacing)
            columns = np.column_stack([shapes.of(each), *lines, slow]) / pattern.sigma[:, None]
            columns /= np.linalg.norm(columns, axis=0)
            seen = pattern.intensity / pattern.sigma
            left = seen - columns @ np.linalg.lstsq(columns, seen, rcond=None)[0]
            tried.append((float(left @ left), each))
    return min(tried, key=lambda pair: pair[0])[1]


def add_layers(
    found: Findings, pattern: Pattern, fit: Refined, phases: Sequence[Phase], matched: Matched, beam: Beam
) -> None:
    """Their mass beside the crystals', width and spacing, and where their humps have their tops."""
    scale, held = fit.values[SHAPE_SCALE], masses(fit, phases)
    whole = sum(mass for mass, _ in held)
    share = scale / (scale + whole)
    slopes = {SHAPE_SCALE: share * (1.0 - share) / scale} if scale > 0.0 else {}
    for _, each in held:
        for path, slope in each.items():
            slopes[path] = slopes.get(path, 0.0) - share * slope / (scale + whole)
    found.add("weight_layers", fit.spread(share, slopes), "", "%")
    layers = matched.layers
    for word, value, error in (
        ("layer_width", 0.1 * layers.width, 0.1 * matched.width_sigma),
        ("layer_spacing", 0.1 * layers.spacing, 0.1 * matched.spacing_sigma),
    ):
        if word.replace("layer_", "") + " of layers" not in matched.bounded:
            found.add(word, Spread(np.asarray(value), {f"fit {word}": np.asarray(error)}), "nm", "nm")
    _add_tops(found, pattern, matched, beam)


def _add_tops(found: Findings, pattern: Pattern, matched: Matched, beam: Beam) -> None:
    """Where the humps are highest, with the errors of width and spacing."""
    angle = np.arange(pattern.angle[0], pattern.angle[-1], 0.01)
    layers = matched.layers
    shapes = Shapes(angle, layers.structure, beam)

    def tops(which: Layers) -> Array:
        made = shapes.of(which)
        inner = np.flatnonzero((made[1:-1] >= made[:-2]) & (made[1:-1] > made[2:])) + 1
        high = inner[made[inner] > _TOP * made.max()]
        curve = [np.polyfit(angle[k - 3 : k + 4] - angle[k], made[k - 3 : k + 4], 2) for k in high]
        return np.array([angle[k] - c[1] / (2.0 * c[0]) for k, c in zip(high, curve, strict=True)])

    middle = tops(layers)
    wide = tops(replace(layers, width=layers.width + matched.width_sigma))
    apart = tops(replace(layers, spacing=layers.spacing + matched.spacing_sigma))
    if not middle.size == wide.size == apart.size:
        return
    for n, top in enumerate(middle, start=1):
        parts = {"fit layer_width": np.asarray(wide[n - 1] - top), "fit layer_spacing": np.asarray(apart[n - 1] - top)}
        found.add(f"hump_{n}", Spread(np.asarray(top), parts), "deg", "deg")
