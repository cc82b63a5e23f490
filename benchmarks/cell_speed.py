"""The batch solver against PyBaMM in one run on the same cores, at no larger an error; prints tables in Markdown.

    python benchmarks/cell_speed.py            # about ten minutes on two cores
    python benchmarks/cell_speed.py --quick    # one minute, for a look

Fair play: both engines solve the same equations to the same cut-off. PyBaMM takes the loosest tolerance at which it
stays within ``ERROR`` and ``OFF`` of its own solution at 1e-9, over a sample of sets at two rates; ours the loosest
at which its voltage is off by no more than PyBaMM's. The table tells both errors. PyBaMM is asked for the voltage
alone and for whole states, and the faster counts; models are built, compiled and warm beforehand, and PyBaMM's
starting potentials are found outside the clock (ours inside). Rounds take turns; the median counts. Processor time
stands beside the wall's, which on a busy machine is the less true of the two.
"""

from __future__ import annotations

import argparse
import os
import pickle
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

os.environ.setdefault("PYBAMM_DISABLE_TELEMETRY", "true")

import numpy as np

from thiocell.cell.batch import solve
from thiocell.cell.parameters import CellParameters, CellState, Grains
from thiocell.cell.protocol import Step, rate_test

LAWS: tuple[Grains, ...] = ("none", "parabolic", "spherical", "spread")
ERROR, OFF = 2e-4, 5e-4  # V rms of the voltage, share of the capacity
LADDER = (1e-3, 5e-4, 3e-4, 2e-4, 1.5e-4, 1e-4, 7e-5, 5e-5, 3e-5, 2e-5, 1e-5, 3e-6, 1e-6)
REFERENCE = 1e-9
RATES = (25.0, 200.0)  # mA/g
SAMPLE = 6  # sets over which errors are taken
LONGEST = 4e5  # s


@dataclass(frozen=True)
class Timing:
    """Seconds a set, medians over rounds."""

    wall: float
    cpu: float


def varied(cell: CellParameters, count: int) -> list[CellParameters]:
    """``count`` cells whose separator, exchange currents and grain time lie within 30 % of ``cell``'s, itself first."""
    rng, found = np.random.default_rng(2023), [cell]
    while len(found) < count:
        separator, *exchange, grains = rng.uniform(0.7, 1.3, 2 + len(cell.couples))
        couples = [
            replace(couple, exchange=couple.exchange * by, grain_time=couple.grain_time * grains)
            for couple, by in zip(cell.couples, exchange, strict=True)
        ]
        found.append(replace(cell, couples=tuple(couples), separator_resistance=cell.separator_resistance * separator))
    return found


def discharge(cell: CellParameters, rate: float) -> tuple[Step, ...]:
    return (Step("current", rate * cell.mass, lower=cell.lower_cutoff),)


class Ours:
    """The batch solver at one tolerance."""

    def __init__(self, state: CellState, tolerance: float) -> None:
        self.state, self.how = state, {"relative": tolerance, "absolute": tolerance / 100}

    def run(self, cells: Sequence[CellParameters], rate: float, threads: int) -> None:
        for course in solve(cells, self.state, discharge(cells[0], rate), threads=threads, **self.how):
            course.checked()

    def curves(self, cells: Sequence[CellParameters], rate: float) -> list[tuple[np.ndarray, float]]:
        """Voltages at fixed times, and the capacity in C."""
        courses = solve(cells, self.state, discharge(cells[0], rate), points=400, threads=1, **self.how)
        return [(course.voltage[:-1], float(course.checked().charge[0])) for course in courses]


class PyBaMM:
    """PyBaMM's IDAKLU at one tolerance, its model built once; parameters that vary are inputs."""

    def __init__(
        self,
        cell: CellParameters,
        state: CellState,
        tolerance: float,
        *,
        threads: int = 1,
        states: bool,
        compiled: bool,
    ) -> None:
        import pybamm

        from thiocell.cell import pybamm_names as names
        from thiocell.cell.integrated_cathode import IntegratedCathode
        from thiocell.cell.pybamm_options import options_of
        from thiocell.cell.pybamm_values import parameter_values

        pybamm.set_logging_level("ERROR")
        self.state, self.values_of, self.current = state, parameter_values, names.CURRENT
        couples = [c.name for c in cell.couples]
        self.varied = [names.CURRENT, names.INITIAL_POTENTIAL, names.CELL_NUMBERS["separator_resistance"]]
        self.varied += [
            names.of_couple(names.COUPLE_NUMBERS[n], c) for n in ("exchange", "grain_time") for c in couples
        ]
        values = parameter_values(cell, state)
        first = {name: values[name] for name in self.varied}
        values.update(dict.fromkeys(self.varied, "[input]"))
        self.solver = pybamm.IDAKLUSolver(
            rtol=tolerance,
            atol=tolerance / 100,
            output_variables=[] if states else ["Voltage [V]"],
            options={"num_threads": threads, "compile": compiled},
        )
        simulation = pybamm.Simulation(
            IntegratedCathode(options_of(cell)), parameter_values=values, solver=self.solver, var_pts={"x": cell.nodes}
        )
        simulation.build(inputs=first)
        self.model = simulation.built_model

    def inputs(self, cells: Sequence[CellParameters], rate: float) -> list[dict[str, float]]:
        found = []
        for cell in cells:
            values = self.values_of(cell, self.state)
            found.append({name: values[name] for name in self.varied} | {self.current: rate * cell.mass})
        return found

    def run(self, inputs: list[dict[str, float]]) -> None:
        self.solver.solve(self.model, [0.0, LONGEST], inputs=inputs)

    def curves(self, cells: Sequence[CellParameters], rate: float) -> list[tuple[np.ndarray, float]]:
        current = rate * cells[0].mass
        times = np.linspace(0.0, cells[0].charge * cells[0].area / current, 400)
        found = []
        for inputs in self.inputs(cells, rate):
            solution = self.solver.solve(self.model, [0.0, LONGEST], inputs=inputs, t_interp=times)
            inside = times[times < solution.t[-1]]
            found.append((solution["Voltage [V]"](inside), float(solution.t[-1]) * current))
        return found


def errors(found: list[tuple[np.ndarray, float]], exact: list[tuple[np.ndarray, float]]) -> tuple[float, float]:
    """(V rms over all curves, largest share of a capacity)."""
    squares = []
    for (volts, _), (right, _) in zip(found, exact, strict=True):
        both = min(len(volts), len(right))
        squares.append((volts[:both] - right[:both]) ** 2)
    off = max(abs(charge / right - 1.0) for (_, charge), (_, right) in zip(found, exact, strict=True))
    return float(np.sqrt(np.mean(np.concatenate(squares)))), off


def loosest(
    engine: Callable[[float], Ours | PyBaMM], cells: Sequence[CellParameters], error: float = ERROR
) -> tuple[float, float]:
    """(tolerance, its V rms): the loosest of the ladder that is good enough at every rate."""
    reference = engine(REFERENCE)
    exact = {rate: reference.curves(cells, rate) for rate in RATES}
    for tolerance in LADDER:
        tried = engine(tolerance)
        seen = [errors(tried.curves(cells, rate), exact[rate]) for rate in RATES]
        if all(volts <= error and off <= OFF for volts, off in seen):
            return tolerance, max(volts for volts, _ in seen)
    raise SystemExit("no tolerance of the ladder is good enough")


def interleaved(jobs: dict[str, Callable[[], None]], rounds: int, sets: dict[str, int]) -> dict[str, Timing]:
    """Every job once a round, after one round that does not count."""
    walls: dict[str, list[float]] = {name: [] for name in jobs}
    cpus: dict[str, list[float]] = {name: [] for name in jobs}
    for turn in range(rounds + 1):
        for name, job in jobs.items():
            wall, cpu = time.perf_counter(), time.process_time()
            job()
            if turn:
                walls[name].append((time.perf_counter() - wall) / sets[name])
                cpus[name].append((time.process_time() - cpu) / sets[name])
    return {name: Timing(statistics.median(walls[name]), statistics.median(cpus[name])) for name in jobs}


def compare(law: Grains, cell: CellParameters, state: CellState, size: argparse.Namespace) -> list[str]:
    """The lines of one law of grains: single discharges, then batches on one core and on all."""
    sample = varied(cell, SAMPLE)
    theirs_at, theirs_off = loosest(lambda t: PyBaMM(cell, state, t, states=False, compiled=False), sample)
    ours_at, ours_off = loosest(lambda t: Ours(state, t), sample, theirs_off)
    ours, lines = Ours(state, ours_at), []
    tell(f"{law}: {ours_at:g} ({1e3 * ours_off:.2f} mV) against {theirs_at:g} ({1e3 * theirs_off:.2f} mV)")

    def built(threads: int) -> dict[str, PyBaMM]:
        how = {"PyBaMM": (False, False), "PyBaMM, states": (True, False)}
        if not size.no_compile:
            how |= {"compiled": (False, True)}
        return {n: PyBaMM(cell, state, theirs_at, threads=threads, states=s, compiled=c) for n, (s, c) in how.items()}

    cores = os.cpu_count() or 1
    cases = [(f"one discharge at {rate:g} mA/g", rate, 1, 1, 1, 5 * size.rounds) for rate in RATES]
    cases += [
        (f"{size.sets} sets at 100 mA/g, {n} thread{'s' * (n > 1)}", 100.0, size.sets, size.pybamm_sets, n, size.rounds)
        for n in sorted({1, cores})
    ]
    engines: dict[int, dict[str, PyBaMM]] = {}
    for what, rate, many, few, threads, rounds in cases:
        cells = varied(cell, many)
        engines.setdefault(threads, built(threads))
        jobs: dict[str, Callable[[], None]] = {"ours": lambda c=cells, r=rate, t=threads: ours.run(c, r, t)}  # type: ignore[misc]
        for name, engine in engines[threads].items():
            inputs = engine.inputs(cells[:few], rate)
            jobs[name] = lambda e=engine, i=inputs: e.run(i)  # type: ignore[misc]
        off = f"{1e3 * ours_off:.3f} / {1e3 * theirs_off:.3f}"
        lines.append(line(law, what, off, interleaved(jobs, rounds, {n: many if n == "ours" else few for n in jobs})))
        tell(lines[-1])
    return lines


def line(law: str, what: str, off: str, found: dict[str, Timing]) -> str:
    """One row: times a set and how many times faster, by the wall and by processor time."""
    ours = found["ours"]
    plain = min((found["PyBaMM"], found["PyBaMM, states"]), key=lambda each: each.wall)
    faster = f"{plain.wall / ours.wall:.1f} | {plain.cpu / ours.cpu:.1f}"
    compiled = f"{found['compiled'].wall / ours.wall:.1f}" if "compiled" in found else "-"
    return f"| {law} | {what} | {off} | {1e3 * ours.wall:.2f} | {1e3 * plain.wall:.2f} | {faster} | {compiled} |"


def doyle_fuller_newman(cell: CellParameters, state: CellState, size: argparse.Namespace) -> str:
    """A set of PyBaMM's own DFN (Chen2020, 1C, its own tolerances) against one of ours in a batch, parabolic grains."""
    import pybamm

    values = pybamm.ParameterValues("Chen2020")
    varied_there = [f"{side} particle diffusivity [m2.s-1]" for side in ("Negative", "Positive")]
    middle = {name: float(values[name]) for name in varied_there}
    values.update(dict.fromkeys(varied_there, "[input]"))
    threads, few = os.cpu_count() or 1, size.pybamm_sets // 4
    solver = pybamm.IDAKLUSolver(output_variables=["Voltage [V]"], options={"num_threads": threads})
    simulation = pybamm.Simulation(pybamm.lithium_ion.DFN(), parameter_values=values, solver=solver)
    simulation.build(inputs=middle)
    rng = np.random.default_rng(2020)
    inputs = [{name: value * rng.uniform(0.7, 1.3) for name, value in middle.items()} for _ in range(few)]
    ours = Ours(state, loosest(lambda t: Ours(state, t), varied(cell, SAMPLE))[0])
    cells = varied(cell, size.sets)
    jobs = {
        "ours": lambda: ours.run(cells, 100.0, threads),
        "DFN": lambda: solver.solve(simulation.built_model, [0.0, 4000.0], inputs=inputs),
    }
    found = interleaved(jobs, size.rounds, {"ours": size.sets, "DFN": few})
    by_wall, by_cpu = found["DFN"].wall / found["ours"].wall, found["DFN"].cpu / found["ours"].cpu
    return (
        f"PyBaMM's DFN takes {1e3 * found['DFN'].wall:.1f} ms a set ({few} sets of a 1C discharge, {threads} threads), "
        f"ours {1e3 * found['ours'].wall:.2f} ms: {by_wall:.0f} times by the wall, {by_cpu:.0f} by processor time."
    )


def four_rates(cell: CellParameters) -> str:
    """The paper's rate test, charged at 25 and discharged at 25, 50, 100 and 200 mA/g, one cycle each."""
    from thiocell.cell.states import discharged_state

    protocol = rate_test([rate * cell.mass for rate in (25.0, 50.0, 100.0, 200.0)], cycles=1, returns=False)
    start = discharged_state(cell)
    told = []
    for tolerance in (1e-4, 1e-5):
        job = {"ours": lambda t=tolerance: solve([cell], start, protocol, threads=1, relative=t, absolute=t / 100)}  # type: ignore[misc]
        found = interleaved(job, 20, {"ours": 1})["ours"]
        told.append(f"{1e3 * found.wall:.1f} ms at a tolerance of {tolerance:g}")
    return f"The four-rate test, {len(protocol)} steps, takes {' and '.join(told)}."


def memory(cell: CellParameters, state: CellState, sets: int) -> str:
    """Peak memory of a process that solves one batch, and what it has before."""
    line = (
        "import pickle, sys; from cell_speed import Ours, peak; cells, state = pickle.load(sys.stdin.buffer); "
        "run = Ours(state, 1e-4).run; run(cells[:1], 100.0, 1); before = peak(); run(cells, 100.0, 2); "
        "print(before, peak())"
    )
    given = pickle.dumps((varied(cell, sets), state))
    done = subprocess.run(
        [sys.executable, "-c", line], input=given, check=True, capture_output=True, cwd=Path(__file__).parent
    )
    before, most = map(float, done.stdout.split())
    return f"{most:.0f} MB at most for {sets} sets, {before:.0f} MB of them before"


def peak() -> float:
    """Most memory in MB that this process has held (Linux; what ``resource`` tells counts the parent's too)."""
    (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return float(line.split()[1]) / 1024


def tell(text: str) -> None:
    """To the terminal, so that standard output holds nothing but the tables."""
    print(text, file=sys.stderr, flush=True)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--sets", type=int, default=1000, help="sets of one of our batches")
    asked.add_argument("--pybamm-sets", type=int, default=200, help="sets of PyBaMM's; the time a set is what counts")
    asked.add_argument("--rounds", type=int, default=3)
    asked.add_argument("--laws", nargs="+", default=LAWS, choices=LAWS)
    asked.add_argument("--no-compile", action="store_true", help="leave out PyBaMM's option 'compile'")
    asked.add_argument("--quick", action="store_true")
    size = asked.parse_args()
    if size.quick:
        size.sets, size.pybamm_sets, size.rounds, size.no_compile = 100, 20, 1, True
    from thiocell.cell.pybamm_values import pan2023

    cell, state = pan2023()
    before = os.getloadavg()[0]
    print(
        "| grains | what | mV rms, ours / PyBaMM | ours, ms a set | PyBaMM, ms a set | times faster "
        "| by processor time | than compiled |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for law in size.laws:
        print("\n".join(compare(law, cell.with_grains(law), state, size)), flush=True)
    parabolic = cell.with_grains("parabolic")
    print(f"\n{doyle_fuller_newman(parabolic, state, size)}\n\n{four_rates(parabolic)}\n")
    for law in ("parabolic", "spread"):
        print(f"Memory, {law}: {memory(cell.with_grains(law), state, size.sets)}.\n")
    print(f"Load of the machine: {before:.1f} before, {os.getloadavg()[0]:.1f} after, {os.cpu_count()} cores.")


if __name__ == "__main__":
    main()
