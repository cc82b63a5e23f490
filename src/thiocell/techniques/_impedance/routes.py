"""What a blocked spectrum says of a sample: by one intercept, or by routes that a line opens, and how they agree."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from thiocell.core.quantity import Quantity
from thiocell.core.result import Limit
from thiocell.core.sample import Sample
from thiocell.techniques._findings import ONE_SIDED, Findings
from thiocell.techniques._impedance.layers import Rise, by_rise, relative_sigma
from thiocell.techniques._impedance.plateaus import plateaus
from thiocell.techniques._impedance.spectrum import Spectrum
from thiocell.techniques._spread import Spread

_SEEN = 0.9
"""assumed: share of the rise that the frequencies must show for its end to be called reached."""
_LITTLE = 0.05
"""assumed: share of what is read that the electrons may carry without being told apart."""
_TOLD = 5.0
"""assumed: sigmas above zero from which a resistance may be turned into a conductivity."""
_FAR = 100.0
"""assumed: times by which the lowest frequency must be quicker than a line for none of its rise to show."""
_APART = 3.0
"""assumed: standard deviations between two routes at which they contradict each other."""
ROUTES = {"blank": "blank subtraction", "line": "line alone", "difference": "low minus high frequency"}
"""What each route is called."""


def one_intercept(
    found: Findings, left: Spread | None, shape: Spread, volume: Spread, electronic: Spread | None,
    sample: Sample, spectrum: Spectrum,
) -> None:  # fmt: skip
    """What a spectrum with one resistance says: the trap of the wrong intercept."""
    if left is None:
        found.note(
            "there is no ionic_conductivity: without a blank, the one resistance that is seen is that of the layers too"
        )
        return
    read = shape.over(left)
    found.add("conductivity_read", read, "S/m", "S/cm")
    through = None if electronic is None else shape.over(electronic)
    share = np.inf if through is None else float(through.value / read.value)
    if np.isfinite(share) and share > 1.0:
        found.note(f"the electronic_conductivity of the sample is {share:.2g} times all that is read: one is wrong")
    if through is not None and share < _LITTLE:
        which = {"which limit": np.asarray(through.value / np.sqrt(12.0))}
        found.add("ionic_conductivity", read.plus(Spread(0.5 * through.value, which), -1.0), "S/m", "S/cm")
        return
    if through is not None and share < 1.0 and "chemical_capacitance" in sample:
        capacitance = sample.positive("chemical_capacitance", "F/cm**3").si * float(volume.value)
        ionic = read.plus(through, -1.0)
        rails = float(shape.value) * (1.0 / float(ionic.value) + 1.0 / float(through.value))
        slow = 2.0 * np.pi * float(spectrum.frequency.min()) * 0.25 * rails * capacitance
        if slow > _FAR:
            found.note(
                f"by its chemical_capacitance the sample's line relaxes {slow:.2g} times more slowly than the "
                "lowest frequency: what is read is Re||Ri, and the electrons' conductivity is taken off"
            )
            found.add("ionic_conductivity", ionic, "S/m", "S/cm")
            return
    bound = read.quantity("S/m", "S/cm")
    found.note("there is no ionic_conductivity: which limit was read is not known, so it is only bounded from above")
    if bound.known:
        upper = Quantity.exact(bound.value + ONE_SIDED * bound.sigma, "S/cm")
        found.limits["ionic_conductivity"] = Limit(upper, "below", 0.95)


def _between(found: Findings, spectrum: Spectrum, line: Rise) -> Spread | None:
    """The rise (ohm) between two plateaus read off without a circuit, or None, with the reason said."""
    seen = plateaus(spectrum)
    if seen is None:
        found.note("two plateaus cannot be read off: the rise, or the outer contacts' tail, hides one of them")
    elif min(line.reached) < _SEEN:
        found.note("two plateaus are not read off: the rise lies in part outside the sweep")
    elif not seen.at_low < 1.0 / (2.0 * np.pi * float(line.time.value)) < seen.at_high:
        found.note("two plateaus are not read off: what rises most between two is not the line")
    elif float(seen.low.value) > float(seen.high.value):
        beyond = {"not reached": np.asarray((2.0 - sum(line.reached)) * float(line.size.value))}
        return seen.low.plus(seen.high, -1.0).plus(Spread(np.asarray(0.0), beyond))
    return None


def routes(
    found: Findings, spectrum: Spectrum, line: Rise, left: Spread | None, shape: Spread,
    electronic: Spread | None,
) -> tuple[Spread, Spread]:  # fmt: skip
    """Ri and Re (ohm) by the route of the smallest sigma; all routes and their agreement are told."""
    rise = line.size
    found.add("rise", rise, "ohm", "ohm")
    rails: dict[str, tuple[Spread, Spread]] = {}
    if left is not None:
        ions = left.plus(rise)
        own = left.times(ions).over(rise)
        rails["blank"] = ions, own
        if float(left.value) > _TOLD * float(left.sigma):
            found.add("electronic_conductivity", shape.over(own), "S/m", "S/cm")
            found.add("conductivity_read", shape.over(left), "S/m", "S/cm")
        else:
            found.note(
                "there is no electronic_conductivity: Re||Ri is too small beside the layers to be told by the blank"
            )
    if electronic is not None:
        rails["line"] = by_rise(rise, electronic), electronic
        between = _between(found, spectrum, line)
        if between is not None:
            rails["difference"] = by_rise(between, electronic), electronic
    said = {route: shape.over(ions) for route, (ions, _) in rails.items()}
    for route, spread in said.items():
        found.add(f"conductivity_{route}", spread, "S/m", "S/cm")
    best = min(said, key=lambda route: relative_sigma(said[route]))
    apart = {
        (one, other): abs(float(gap.value)) / float(gap.sigma)
        for one, other in combinations(said, 2)
        if float((gap := said[one].plus(said[other], -1.0)).sigma) > 0
    }
    if apart:
        (one, other), most = max(apart.items(), key=lambda pair: pair[1])
        found.add("agreement", Spread(np.asarray(most)), "", "")
        if most > _APART:
            found.note(
                f"{ROUTES[one]} and {ROUTES[other]} contradict each other by {most:.2g} standard deviations: the "
                "sigma of ionic_conductivity takes in both"
            )
            reach = max(abs(float(each.value - said[best].value)) for each in said.values())
            wide = Spread(np.asarray(0.0), {"routes": np.asarray(reach)})
            said[best] = said[best].plus(wide)
    found.add("ionic_conductivity", said[best], "S/m", "S/cm")
    return rails[best]


def line_found(found: Findings, rise: Rise, ions: Spread, electrons: Spread, volume: Spread) -> None:
    """The capacitance between the rails, which limits are reached, and how far the wrong intercept leads astray."""
    found.add("line_time", rise.time, "s", "s")
    capacitance = rise.time.scaled(4.0).over(ions.plus(electrons))
    found.add("chemical_capacitance", capacitance.over(volume), "F/m**3", "F/cm**3")
    for spread, word, limit in (
        (rise.low, "reached_low", "Ri"),
        (rise.high, "reached_high", "Re||Ri"),
    ):
        found.add(word, spread.scaled(100.0), "%", "%")
        share = float(spread.value)
        if share < _SEEN:
            end = "low" if limit == "Ri" else "high"
            found.note(
                f"the limit {limit} at {end} frequency is not reached: {100 * share:.2g} % of the way to it is "
                "there, the rest is the line's law"
            )
    values = found.values
    if "conductivity_read" in values:
        ratio = values["conductivity_read"].value / values["ionic_conductivity"].value
        if ratio > 1.0 + _LITTLE:
            found.note(
                "the intercept at high frequency is Re||Ri: read as that of the ions it gives sigma_i + sigma_e, "
                f"{ratio:.3g} times the answer"
            )
