"""How long the structural techniques take, beside their engines used by hand; prints tables in Markdown.

    python benchmarks/structure_speed.py            # about three minutes; --rounds for more

Virtual records, the same for both sides, which are timed in turn. Peers: rietx 1.10 in four stages, from the
cells that were put in; PDFfit2's own refinement of one structure, on all rows.
"""

from __future__ import annotations

import argparse
import io
import statistics
import time
import warnings
from collections.abc import Callable
from contextlib import redirect_stdout
from typing import Any

import numpy as np

from thiocell.chemistry.structures import MOS2_1T
from thiocell.core.fact import Fact
from thiocell.core.quantity import Quantity
from thiocell.core.sample import Sample
from thiocell.core.source import Source
from thiocell.techniques.pdf import Pdf
from thiocell.techniques.raman import Raman
from thiocell.techniques.xrd import Xrd

SAMPLE = Sample("cathode")
WIDE = (Quantity.exact(3.0, "deg"), Quantity.exact(36.0, "deg"), Quantity.exact(0.01, "deg"))  # 3,301 rows


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    begun = time.perf_counter()
    with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        found = work()
    return time.perf_counter() - begun, found


def pattern() -> tuple[Xrd, dict[str, Any]]:
    technique = Xrd(wavelength="0.42(0) angstrom", span=WIDE)
    truth = {
        "a_li2s_i": Quantity.exact(5.835, "angstrom"), "iodine_li2s_i": Quantity.exact(0.2, ""),
        "a_lii": Quantity.exact(6.0, "angstrom"), "weight_lii": Quantity.exact(10, "%"),
    }  # fmt: skip
    for phase in ("li2s_i", "lii"):
        truth |= {f"size_{phase}": Quantity.exact(20, "nm"), f"strain_{phase}": Quantity.exact(0.2, "%")}
    return technique, dict(technique.predict(truth, SAMPLE, np.random.default_rng(3)))


def by_rietx(records: dict[str, Any]) -> tuple[float, float]:
    """Rwp (%) and edge (angstrom) by rietx alone: cells known, iodide under the right balance."""
    import rietx as rx

    from thiocell.chemistry.structures import LII, iodide_in_sulfide
    from thiocell.techniques._diffraction.beam import beam_of
    from thiocell.techniques._diffraction.engine import Phase, Plan, _instrument, _phase, _ties

    record, plan = records["main"], Plan(6, (), None, "phase", places=False)
    phases = [Phase(iodide_in_sulfide(0.1, 5.835), "vacancies"), Phase(LII.with_edges(6.0))]
    y = record["intensity"]
    instrument = _instrument(beam_of("0.42(0) angstrom", "debye_scherrer"), plan, float(np.percentile(y, 20)))
    structure = rx.Structure(phases=[_phase(phase.structure) for phase in phases])
    refinement = rx.Refinement(structure, instrument, history=False)
    free = _ties(refinement, phases, plan)
    stages = [
        rx.Stage(name="scale", turn_on=["instrument.background.*", "phases.*.scale"]),
        rx.Stage(name="cell", turn_on=["phases.*.cell.*", "instrument.zero_shift"]),
        rx.Stage(
            name="width", turn_on=["phases.*.lor_size", "phases.*.lor_strain", "instrument.profile.[uvw]"], seed=0.05
        ),
        rx.Stage(name="atoms", turn_on=free),
    ]
    data = rx.PatternData(
        two_theta=np.degrees(record["two_theta"]).tolist(),
        intensity=y.tolist(),
        sigma=record["intensity_sigma"].tolist(),
    )
    result = refinement.fit(data, plan=rx.RefinementPlan(stages=stages))
    edge = next(each.value for each in result.parameters if each.path == "phases.0.cell.a")
    return 100 * float(result.statistics.rwp), float(edge)


def by_pdffit(records: dict[str, Any]) -> tuple[float, float]:
    """Rw (%) and edge (angstrom) by PDFfit2's own refinement of 1T-MoS2."""
    from diffpy.pdffit2 import PdfFit
    from diffpy.structure import Structure

    record = records["main"]
    r, g = 1e10 * record["r"], 1e-20 * record["g"]
    inside = Structure()
    inside.readStr(MOS2_1T.to_cif(), "cif")
    fit = PdfFit()
    fit.read_data_lists("X", 25.0, 0.04, r.tolist(), g.tolist())
    fit.add_structure(inside)
    fit.setvar("qbroad", 0.01)
    fit.setpar(1, inside.lattice.a)
    fit.setpar(2, inside.lattice.c)
    fit.setpar(3, 1.0)
    fit.setpar(4, 2.0)
    fit.setpar(5, 0.006)
    fit.setpar(6, 0.009)
    for name, rule in (("lat(1)", "@1"), ("lat(2)", "@1"), ("lat(3)", "@2"), ("pscale", "@3"), ("delta2", "@4")):
        fit.constrain(name, rule)
    for n, atom in enumerate(inside, start=1):
        number = 5 if atom.element.startswith("Mo") else 6
        for i in (1, 2, 3):
            fit.constrain(f"u{i}{i}({n})", f"@{number}")
        fit.constrain(f"u12({n})", f"0.5*@{number}")
    fit.refine(toler=1e-7)
    return 100 * float(fit.getrw()), float(fit.getvar("lat(1)"))


def row(what: str, goal: str, ours: list[float], said: str, peer: str = "", theirs: list[float] | None = None) -> str:
    mine = statistics.median(ours)
    told = f"{mine:.2f} s ({min(ours):.2f} to {max(ours):.2f})"
    beside = ""
    if theirs:
        other = statistics.median(theirs)
        beside = f"{peer}: {other:.2f} s, ratio {mine / other:.2f}"
    return f"| {what} | {told} | {goal} | {said} | {beside} |"


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--rounds", type=int, default=5)
    rounds = asked.parse_args().rounds
    print("| what | thiocell | goal | what comes out | beside |\n| --- | --- | --- | --- | --- |")

    technique, records = pattern()
    technique.analyse(records, SAMPLE)  # imports and compiled code
    ours, theirs = [], []
    for _ in range(rounds):
        seconds, found = timed(lambda: technique.analyse(records, SAMPLE))
        ours.append(seconds)
        seconds, peer = timed(lambda: by_rietx(records))
        theirs.append(seconds)
    said = f"a {found['a_li2s_i']}, Rwp {found['rwp'].value:.3f} %; rietx alone {peer[1]:.5f} angstrom, {peer[0]:.3f} %"
    what = "pattern of 3,301 rows, two phases: cell search, both balances of charge"
    print(row(what, "< 5 s", ours, said, "rietx, one balance, cells known", theirs), flush=True)

    facts = {"state_mass_fraction_li2s_lii": 0.55, "state_mass_fraction_lii": 0.1, "state_mass_fraction_mos2": 0.35}
    held = {word: Fact(Quantity.exact(value, ""), Source("assumed")) for word, value in facts.items()}
    layered = Xrd(wavelength="0.42(0) angstrom", layers="MoS2_1T")
    truth = {
        "a_li2s_i": Quantity.exact(5.8225, "angstrom"), "iodine_li2s_i": Quantity.exact(0.2, ""),
        "size_li2s_i": Quantity.exact(15, "nm"), "strain_li2s_i": Quantity.exact(0.3, "%"),
        "size_lii": Quantity.exact(15, "nm"), "strain_lii": Quantity.exact(0.3, "%"),
    }  # fmt: skip
    records = dict(layered.predict(truth, SAMPLE.with_facts(held), np.random.default_rng(5)))
    ours = []
    for _ in range(rounds):
        seconds, found = timed(lambda: layered.analyse(records, SAMPLE))
        ours.append(seconds)
    said = f"width {found['layer_width']} of 1.6 nm, share {found['weight_layers']} of 35 %"
    print(row("851 rows, two phases and turned layers", "", ours, said), flush=True)

    pairs = Pdf()
    truth = {"a_mos2_1t": Quantity.exact(3.195, "angstrom"), "c_mos2_1t": Quantity.exact(5.95, "angstrom")}
    records = dict(pairs.predict(truth, SAMPLE, np.random.default_rng(2)))
    alone = Pdf(models=("MoS2_1T",))
    ours, both, theirs = [], [], []
    for _ in range(rounds):
        seconds, found = timed(lambda: alone.analyse(records, SAMPLE))
        ours.append(seconds)
        seconds, peer = timed(lambda: by_pdffit(records))
        theirs.append(seconds)
        both.append(timed(lambda: pairs.analyse(records, SAMPLE))[0])
    said = (
        f"a {found['a_mos2_1t']}, Rw {found['rw_mos2_1t'].value:.3f} %; PDFfit2 {peer[1]:.5f} angstrom, {peer[0]:.3f} %"
    )
    print(row("pairs to 15 angstrom, one structure", "", ours, said, "PDFfit2", theirs), flush=True)
    print(row("pairs to 15 angstrom, two structures", "< 10 s", both, "", ""), flush=True)

    lines = Raman()
    heights = {"height_1t_j1": 300, "height_1t_j2": 200, "height_2h_e2g": 40, "height_2h_a1g": 30}
    spectrum = lines.predict(
        {word: Quantity.exact(height, "") for word, height in heights.items()}, SAMPLE, np.random.default_rng(1)
    )
    lines.analyse(spectrum, SAMPLE)
    ours = [timed(lambda: lines.analyse(spectrum, SAMPLE))[0] for _ in range(rounds)]
    print(row("Raman spectrum of 401 rows, four lines", "< 0.5 s", ours, ""), flush=True)


if __name__ == "__main__":
    main()
