"""Thin layers in a refinement: their humps stand beside the lines as one shape, whose width and spacing are sought."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from thiocell.chemistry.structure import Structure
from thiocell.core.quantity import Quantity
from thiocell.core.result import Limit
from thiocell.techniques._diffraction.beam import Beam
from thiocell.techniques._diffraction.engine import (
    SHAPE_SCALE,
    Phase,
    Plan,
    mass_and_volume,
    refine,
    simulate,
    slow_columns,
    wavelength_of,
)
from thiocell.techniques._diffraction.layers import Layers, Scattering
from thiocell.techniques._diffraction.pattern import Pattern
from thiocell.techniques._diffraction.refined import Refined
from thiocell.techniques._diffraction.shares import masses
from thiocell.techniques._findings import ONE_SIDED, Findings
from thiocell.techniques._spread import root_of

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
_WORTH = 16.0
"""assumed: fall of chi-square, in units of what the fit leaves, from which layers are needed; by chance 1 in 900."""
_WIDER = (0.5, 0.71, 1.0, 1.41, 2.0)
"""assumed: factors of the told width among which the limit of layers that are not needed is the worst."""
_STEP = 1e-3
"""assumed: share of width and spacing by which their slopes are told."""
WIDTH, SPACING = "layers.width", "layers.spacing"
"""Width and spacing (angstrom) as parameters of a refinement."""
_TOP = 0.15
"""assumed: share of the highest hump that a hump must have to be told."""


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
    found: Findings, pattern: Pattern, phases: Sequence[Phase], beam: Beam, plan: Plan, told: Layers
) -> tuple[Refined, Plan, Layers | None]:
    """The refinement with humps of layers that fit, the plan that holds their shape, and the layers if they are needed.

    The engine refines all but the layers' shape, which stands still; then width and spacing go to where they fit best
    with all else free to give way, and so on until they stay. What is doubtful of them is noted.
    """
    shapes = Shapes(pattern.angle, told.structure, beam)
    here = _start(pattern, phases, beam, plan, told, shapes)
    near: dict[str, float] | None = None
    for _ in range(_ROUNDS):
        used, held = here, replace(plan, shape=(pattern.angle, shapes.of(here)))
        fit = refine(pattern, phases, beam, held, near)
        near = fit.near()
        there = _match(fit.slopes(), fit, here, told.spacing, shapes)
        if there.still:
            break
        here = there.layers
    else:
        found.note("width and spacing of the layers did not settle: their values, and their share, are doubtful")
    kept = {path: value for path, value in fit.near().items() if path != SHAPE_SCALE}
    bare = refine(pattern, phases, beam, plan, kept)
    if fit.values[SHAPE_SCALE] <= 0.0 or bare.chi2 - fit.chi2 < _WORTH * max(1.0, fit.gof**2):
        _say_none(found, phases, bare, told, shapes)
        return bare, plan, None
    for name in there.bounded:
        found.note(f"the {name} of the layers ended at a bound of what is sought: it is not told")
    return fit, held, replace(used, told=tuple(name for name in ("width", "spacing") if name not in there.bounded))


def _say_none(found: Findings, phases: Sequence[Phase], bare: Refined, told: Layers, shapes: Shapes) -> None:
    """Layers are not needed: keep the limit of their share, for the worst of some widths."""
    turn = _turn(bare.slopes(), bare.sigma)
    left = (bare.observed - bare.calculated) / bare.sigma
    most = 0.0
    widths = [float(np.clip(factor * told.width, *_WIDTH)) for factor in _WIDER]
    for width in widths:
        made = shapes.of(replace(told, width=width)) / bare.sigma
        made = made - turn @ (turn.T @ made)
        scale, sigma = float(made @ left) / float(made @ made), max(bare.gof, 1.0) / float(np.linalg.norm(made))
        most = max(most, max(scale, 0.0) + ONE_SIDED * sigma)
    whole = sum(mass for mass, _ in masses(bare, phases))
    bound = Quantity.exact(100.0 * most / (most + whole), "%")
    found.limits["weight_layers"] = Limit(bound, "below", 0.95)
    found.note(
        f"layers of {told.structure.name} are not needed: their share is {found.limits['weight_layers']} (95 %) "
        f"if they are {0.1 * widths[0]:.2g} to {0.1 * widths[-1]:.2g} nm wide"
    )


def with_shape(pattern: Pattern, beam: Beam, fit: Refined, layers: Layers) -> Refined:
    """``fit`` with width and spacing of its layers among its parameters, so that all errors know of theirs."""
    shapes, scale = Shapes(pattern.angle, layers.structure, beam), fit.values[SHAPE_SCALE]
    moves = []
    for wide, apart in ((_STEP, 0.0), (0.0, _STEP)):
        high, low = (
            shapes.of(
                replace(layers, width=layers.width * (1 + side * wide), spacing=layers.spacing * (1 + side * apart))
            )
            for side in (1.0, -1.0)
        )
        moves.append(scale * (high - low) / (2.0 * (wide * layers.width + apart * layers.spacing)))
    slopes = fit.slopes()
    alone, joint = (_inverse(np.column_stack([slopes, *each]), fit.sigma) for each in ([], moves))
    place = fit.paths.index(SHAPE_SCALE)
    widened = fit.error(SHAPE_SCALE) ** 2 / alone[place, place]  # as the engine widens its own
    return replace(
        fit,
        values={**fit.values, WIDTH: layers.width, SPACING: layers.spacing},
        paths=(*fit.paths, WIDTH, SPACING),
        root=root_of(widened * joint),
    )


def _inverse(design: Array, sigma: Array) -> Array:
    design = design / sigma[:, None]
    size = np.linalg.norm(design, axis=0)
    size[size == 0.0] = 1.0
    return np.asarray(np.linalg.pinv((design / size).T @ (design / size), hermitian=True) / np.outer(size, size))


def _turn(slopes: Array, sigma: Array) -> Array:
    """An orthogonal base of all that gives way, in sigmas of the points."""
    return np.asarray(np.linalg.qr(slopes / np.maximum(np.linalg.norm(slopes, axis=0), 1e-300) / sigma[:, None])[0])


@dataclass(frozen=True)
class _Match:
    """Layers, which of their numbers ended at a bound, and whether they stayed where they were."""

    layers: Layers
    bounded: tuple[str, ...]
    still: bool


def _match(slopes: Array, fit: Refined, layers: Layers, spacing: float, shapes: Shapes) -> _Match:
    """Width and spacing that explain most of what is left without layers, all else giving way as its slopes say."""
    turn = _turn(slopes[:, [k for k, path in enumerate(fit.paths) if path != SHAPE_SCALE]], fit.sigma)
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
    bounded = tuple(
        name
        for name, x, a, b, e in zip(("width", "spacing"), found.x, low, high, edge, strict=True)
        if x < a + e or x > b - e
    )
    there = replace(layers, width=float(np.exp(found.x[0])), spacing=float(found.x[1]))
    moved = abs(np.log(there.width / layers.width)), abs(there.spacing - layers.spacing)
    return _Match(there, bounded, bool(moved[0] < _SETTLED * error[0] and moved[1] < _SETTLED * error[1]))


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
    found: Findings, pattern: Pattern, fit: Refined, phases: Sequence[Phase], layers: Layers, beam: Beam
) -> None:
    """Their mass beside the crystals', width and spacing, and where their humps have their tops."""
    scale, held = fit.values[SHAPE_SCALE], masses(fit, phases)
    whole = sum(mass for mass, _ in held)
    share = scale / (scale + whole)
    slopes = {SHAPE_SCALE: share * (1.0 - share) / scale}
    for _, each in held:
        for path, slope in each.items():
            slopes[path] = slopes.get(path, 0.0) - share * slope / (scale + whole)
    found.add("weight_layers", fit.spread(share, slopes), "", "%")
    for word, path in (("layer_width", WIDTH), ("layer_spacing", SPACING)):
        if word.removeprefix("layer_") in layers.told:
            found.add(word, fit.spread(0.1 * fit.values[path], {path: 0.1}), "nm", "nm")
    _add_tops(found, pattern, fit, layers, beam)


def _add_tops(found: Findings, pattern: Pattern, fit: Refined, layers: Layers, beam: Beam) -> None:
    """Where the humps are highest, with the errors of width and spacing."""
    angle = np.arange(pattern.angle[0], pattern.angle[-1], 0.01)
    shapes = Shapes(angle, layers.structure, beam)

    def tops(which: Layers) -> Array:
        made = shapes.of(which)
        inner = np.flatnonzero((made[1:-1] >= made[:-2]) & (made[1:-1] > made[2:])) + 1
        high = inner[(made[inner] > _TOP * made.max()) & (inner >= 3) & (inner < angle.size - 3)]
        curve = [np.polyfit(angle[k - 3 : k + 4] - angle[k], made[k - 3 : k + 4], 2) for k in high]
        return np.array([angle[k] - c[1] / (2.0 * c[0]) for k, c in zip(high, curve, strict=True)])

    middle = tops(layers)
    wide = tops(replace(layers, width=layers.width + fit.error(WIDTH)))
    apart = tops(replace(layers, spacing=layers.spacing + fit.error(SPACING)))
    if not middle.size == wide.size == apart.size:
        return
    for n, top in enumerate(middle, start=1):
        slopes = {WIDTH: (wide[n - 1] - top) / fit.error(WIDTH), SPACING: (apart[n - 1] - top) / fit.error(SPACING)}
        found.add(f"hump_{n}", fit.spread(float(top), slopes), "deg", "deg")
