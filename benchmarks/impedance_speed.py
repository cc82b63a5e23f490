"""Circuit fits, Kramers-Kronig tests and relaxation times against impedance.py and pyimpspec; prints Markdown tables.

    python benchmarks/impedance_speed.py                    # about seven minutes on two cores
    python benchmarks/impedance_speed.py --quick            # two minutes, for a look
    python benchmarks/impedance_speed.py --peers FOLDER     # keep the peers' environments there, use them again

Each peer is installed from the package index into an environment of its own; one that cannot be is left out, and a
sentence says so. Everybody, ourselves included, answers from a process of his own with one thread, in turns, on the
same spectra; starting it and its imports are not counted, nor is a first round of tests and distributions. Medians
count. A way that has taken longer than ``PATIENCE`` in all is asked no more; the table tells how many trials it had.
"""

from __future__ import annotations

import os

os.environ.update(dict.fromkeys(("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"), "1"))

import argparse
import contextlib
import functools
import importlib.metadata
import io
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
import venv
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

with contextlib.suppress(ImportError):  # a peer's environment has none of these
    from thiocell.physics.circuit import parse_circuit
    from thiocell.physics.circuit_bounds import boxes
    from thiocell.physics.circuit_fit import CircuitFit, fit_circuit, fit_circuits
    from thiocell.physics.kramers_kronig import linear_kramers_kronig
    from thiocell.physics.relaxation_times import relaxation_times

PEERS = {
    # 1.7.1 imports pandas without asking for it; its linKK writes numbers as text in a way that numpy 2 does not read
    "impedance": ("impedance", "pandas", "numpy<2"),
    "pyimpspec": ("pyimpspec",),
}
DATA = Path(os.environ.get("THIOCELL_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")
LAGP = DATA / "echem" / "eis_lagp_Example2b.txt"
LAGP_POINTS = 44  # those that the published fit of it uses
NOISE = 2e-3  # of the modulus, in the real and in the imaginary part
FREQUENCY = np.geomspace(1e6, 0.1, 60)  # Hz
CIRCUIT = "R0-p(R1,CPE1)-p(R2,CPE2)-C3"
MIDDLE = np.array([20.0, 100.0, 1e-8, 0.9, 300.0, 1e-5, 0.85, 1e-2])  # ohm, F or S s^n
PATIENCE = 20.0  # s
STARTS = 24  # of ours by default, and of a peer's multi-start
THOROUGH = 200  # starts of ours behind the best minimum known
CHUNK = 25  # spectra that a process takes at a time
CLOCKS = ("wall", "processor")

Answer = dict[str, Any]


@dataclass(frozen=True)
class Way:
    """One way to ask ``who``; ``options`` go into the job."""

    who: str
    told: str
    options: Mapping[str, Any] = field(default_factory=dict, hash=False)


SCALED = {"x_scale": "jac", "diff_step": 1e-6}  # scipy's own differences step 1.5e-8 at least: more than such a Q
FITS = (
    Way("thiocell", f"{STARTS} starts of its own"),
    Way("impedance", "a rough guess, by modulus", {"start": "guess"}),
    Way("impedance", "the same, scaled", {"start": "guess", "more": SCALED}),
    Way(
        "impedance",
        f"{STARTS} random starts, scaled",
        {"start": "random", "more": SCALED | {"maxfev": 300, "ftol": 1e-8}},
    ),
    Way("pyimpspec", "a rough guess, its defaults: 9 methods by 4 weights", {"start": "guess"}),
    Way("pyimpspec", "the same inside our bounds", {"start": "guess", "bounded": True}),
    Way(
        "pyimpspec",
        f"{STARTS} random starts inside our bounds, least squares by 2 weights",
        {
            "start": "random",
            "bounded": True,
            "more": {"method": "least_squares", "weight": ["boukamp", "modulus"]},
        },
    ),
)
TESTS = (
    Way("thiocell", "as it is"),
    Way("impedance", "its defaults"),
    Way("impedance", "`fit_type='complex'`, `c=0.5`", {"more": {"fit_type": "complex", "c": 0.5}}),
    Way("pyimpspec", "its defaults"),
    Way(
        "pyimpspec",
        "impedance only, range of times as measured",
        {"more": {"admittance": False, "num_F_ext_evaluations": 0}},
    ),
)
DISTRIBUTIONS = (Way("thiocell", "as it is"), Way("pyimpspec", "`tr-nnls`, its defaults"))


# In the process that answers:


def off(fitted: np.ndarray, impedance: np.ndarray) -> np.ndarray:
    """Residuals over the modulus."""
    return np.asarray((fitted - impedance) / np.abs(impedance))


def chi2_of(fitted: np.ndarray, impedance: np.ndarray) -> float:
    return float(np.sum(np.abs(off(fitted, impedance)) ** 2))


def left_of(fitted: np.ndarray, impedance: np.ndarray) -> Answer:
    """The residuals' standard deviation in %, real and imaginary parts together."""
    return {"finds": 100 * float(np.sqrt(np.mean(np.abs(off(fitted, impedance)) ** 2) / 2))}


def best_of(fits: Iterator[np.ndarray], impedance: np.ndarray) -> Answer:
    chi2 = [chi2_of(fitted, impedance) for fitted in fits]
    return {"chi2": min(chi2)} if chi2 else {"error": "no start came to an end"}


def thiocell_fit(given: Answer, frequency: np.ndarray, impedance: np.ndarray) -> Answer:
    return {"chi2": fit_circuit(parse_circuit(given["circuit"]), frequency, impedance, seed=given["trial"]).chi2}


def impedance_fit(given: Answer, frequency: np.ndarray, impedance: np.ndarray) -> Answer:
    from impedance.models.circuits import CustomCircuit

    def fits() -> Iterator[np.ndarray]:
        for start in given[given["start"]]:
            circuit = CustomCircuit(given["circuit"], initial_guess=start)
            with contextlib.suppress(RuntimeError):  # a start that takes too many steps
                circuit.fit(frequency, impedance, weight_by_modulus=True, **given.get("more", {}))
                yield circuit.predict(frequency)

    return best_of(fits(), impedance)


def description_code(text: str, start: Sequence[float], low: Sequence[float], high: Sequence[float]) -> str:
    """The circuit in pyimpspec's language with its values, and their bounds where there are any."""
    values = iter(
        f"={value!r}" + (f"/{low[k]!r}/{high[k]!r}" if len(low) else "") for k, value in enumerate(map(float, start))
    )
    letters = {"R": ("R", "R"), "C": ("C", "C"), "CPE": ("Q", "Yn")}

    def element(found: re.Match[str]) -> str:
        letter, parameters = letters[found[1]]
        return f"{letter}{{{','.join(name + next(values) for name in parameters)}}}"

    return re.sub(r"(CPE|R|C)\d+", element, text.replace("p(", "(").replace(",", "").replace("-", ""))


def pyimpspec_fit(given: Answer, frequency: np.ndarray, impedance: np.ndarray) -> Answer:
    import pyimpspec

    bounds = (given["low"], given["high"]) if given.get("bounded") else ((), ())

    def fits() -> Iterator[np.ndarray]:
        data = pyimpspec.DataSet(frequency, impedance)
        for start in given[given["start"]]:
            circuit = pyimpspec.parse_cdc(description_code(given["circuit"], start, *bounds))
            with contextlib.suppress(pyimpspec.exceptions.FittingError):
                yield pyimpspec.fit_circuit(circuit, data, num_procs=1, **given.get("more", {})).impedances

    return best_of(fits(), impedance)


def thiocell_test(_: Answer, frequency: np.ndarray, impedance: np.ndarray) -> Answer:
    return left_of(linear_kramers_kronig(frequency, impedance).fitted, impedance)


def impedance_test(given: Answer, frequency: np.ndarray, impedance: np.ndarray) -> Answer:
    from impedance.validation import linKK

    return left_of(linKK(frequency, impedance, **given.get("more", {}))[2], impedance)


def pyimpspec_test(given: Answer, frequency: np.ndarray, impedance: np.ndarray) -> Answer:
    import pyimpspec

    data = pyimpspec.DataSet(frequency, impedance)
    found = pyimpspec.perform_kramers_kronig_test(data, num_procs=1, **given.get("more", {}))
    return left_of(found.get_impedances(), impedance)


def area_off(resistance: float, given: Answer) -> Answer:
    """By how many % the area under a distribution misses the resistance that is there."""
    return {"finds": 100 * abs(resistance / given["resistance"] - 1)}


def thiocell_distribution(given: Answer, frequency: np.ndarray, impedance: np.ndarray) -> Answer:
    seen = relaxation_times(frequency, impedance)
    return area_off(float(np.sum(seen.share) * np.log(seen.times[1] / seen.times[0])), given)


def pyimpspec_distribution(given: Answer, frequency: np.ndarray, impedance: np.ndarray) -> Answer:
    import pyimpspec

    seen = pyimpspec.calculate_drt(pyimpspec.DataSet(frequency, impedance), method="tr-nnls")
    shares, order = seen.get_drt_data()[1], np.argsort(seen.get_drt_data()[0])
    return area_off(float(np.trapezoid(shares[order], np.log(seen.get_drt_data()[0][order]))), given)


JOBS: Mapping[tuple[str, str], Callable[[Answer, np.ndarray, np.ndarray], Answer]] = {
    ("fit", "thiocell"): thiocell_fit,
    ("fit", "impedance"): impedance_fit,
    ("fit", "pyimpspec"): pyimpspec_fit,
    ("test", "thiocell"): thiocell_test,
    ("test", "impedance"): impedance_test,
    ("test", "pyimpspec"): pyimpspec_test,
    ("distribution", "thiocell"): thiocell_distribution,
    ("distribution", "pyimpspec"): pyimpspec_distribution,
}


def versions(who: str) -> str:
    """What answers, imported."""
    if who == "impedance":
        import impedance.models.circuits
        import impedance.validation  # noqa: F401
    elif who == "pyimpspec":
        import pyimpspec  # noqa: F401
    return ", ".join(f"{name} {importlib.metadata.version(name)}" for name in (who, "numpy", "scipy"))


def named(who: str) -> Answer:
    try:
        return {"name": versions(who)}
    except Exception as error:
        return wrong(error)


def wrong(error: Exception) -> Answer:
    return {"error": f"{type(error).__name__}: {error}".splitlines()[0][:200]}


def serve(who: str) -> None:
    """Answer jobs, one a line, until there are no more."""
    warnings.simplefilter("ignore")
    replies = sys.stdout
    for line in sys.stdin:
        given = json.loads(line)
        with contextlib.redirect_stdout(io.StringIO()):  # linKK prints
            answer = named(who) if given["job"] == "name" else answered(who, given)
        print(json.dumps(answer), file=replies, flush=True)


def answered(who: str, given: Answer) -> Answer:
    frequency, impedance = np.array(given["frequency"]), np.array(given["real"]) + 1j * np.array(given["imag"])
    job = JOBS[given["job"], who]
    wall, processor = time.perf_counter(), time.process_time()
    try:
        answer = job(given, frequency, impedance)
    except Exception as error:  # whatever goes wrong with a peer is told
        answer = wrong(error)
    return answer | {"wall": time.perf_counter() - wall, "processor": time.process_time() - processor}


# In the process that asks:


class Worker:
    """A process that answers for one of them."""

    def __init__(self, who: str, python: Path) -> None:
        self.process = subprocess.Popen(
            [str(python), __file__, "--serve", who], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.named = self.ask(job="name")

    def ask(self, **given: Any) -> Answer:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            print(json.dumps(given), file=self.process.stdin, flush=True)
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        answer: Answer = (
            json.loads(line) if line else {"error": "its process ended", "wall": np.inf, "processor": np.inf}
        )
        return answer

    def end(self) -> None:
        assert self.process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # it may have ended by itself
            self.process.stdin.close()
        self.process.wait()


def python_of(who: str, folder: Path) -> Path:
    """The interpreter of an environment in ``folder`` with that peer, made where there is none."""
    python = folder / who / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    done = folder / who / "done"
    if not done.is_file():
        tell(f"installing {' '.join(PEERS[who])} ...")
        venv.create(folder / who, with_pip=True, clear=True)
        pip = [str(python), "-m", "pip", "--disable-pip-version-check", "install", "--quiet", *PEERS[who]]
        subprocess.run(pip, check=True, capture_output=True)
        done.touch()
    return python


def start_all(folder: Path) -> dict[str, Worker]:
    """Ourselves and those peers that can be had; says what is left out, and why."""
    workers = {"thiocell": Worker("thiocell", Path(sys.executable))}
    for who in PEERS:
        try:
            worker = Worker(who, python_of(who, folder))
        except subprocess.CalledProcessError as error:
            why = " ".join(error.stderr.decode().split())[-200:]
            print(f"{who} is left out: it could not be installed ({why}).\n")
            continue
        if "error" in worker.named:
            print(f"{who} is left out: it could not be imported ({worker.named['error']}).\n")
            worker.end()
        else:
            workers[who] = worker
    return workers


@dataclass(frozen=True)
class Spectrum:
    """What all are asked about; equal names mean the same spectrum."""

    name: str
    circuit: str
    frequency: np.ndarray
    impedance: np.ndarray
    truth: np.ndarray

    @property
    def told(self) -> Answer:
        z = self.impedance
        return {
            "circuit": self.circuit, "frequency": self.frequency.tolist(), "real": z.real.tolist(),
            "imag": z.imag.tolist(),
        }  # fmt: skip


def virtual(seed: int, circuit: str = CIRCUIT) -> Spectrum:
    """A spectrum whose values lie within a factor of e of the middle, exponents between 0.75 and 1."""
    rng = np.random.default_rng([2026, seed])
    parsed = parse_circuit(circuit)
    exponent = np.array([part.kind == "exponent" for part in parsed.parts])
    middle = MIDDLE[: exponent.size]
    truth = np.where(exponent, rng.uniform(0.75, 1.0, middle.size), middle * np.exp(rng.uniform(-1, 1, middle.size)))
    noise = NOISE * (rng.normal(size=FREQUENCY.size) + 1j * rng.normal(size=FREQUENCY.size))
    return Spectrum(f"virtual {seed}", circuit, FREQUENCY, parsed.impedance(truth, FREQUENCY)[0] * (1 + noise), truth)


def thorough(spectrum: Spectrum) -> CircuitFit:
    """The best that ours finds with many starts, of another seed than any trial's."""
    circuit = parse_circuit(spectrum.circuit)
    return fit_circuit(circuit, spectrum.frequency, spectrum.impedance, starts=THOROUGH, seed=99)


@functools.cache
def lagp(_: int = 0) -> Spectrum:
    """A real one; its best values known stand for the truth."""
    rows = np.loadtxt(LAGP, skiprows=3)[:LAGP_POINTS]
    text, frequency, impedance = "p(R1,CPE1)-p(R2,CPE2)-CPE3", rows[:, 0], rows[:, 1] + 1j * rows[:, 2]
    known = thorough(Spectrum("LAGP", text, frequency, impedance, np.array([])))
    return Spectrum("LAGP", text, frequency, impedance, known.values)


def starts_for(spectrum: Spectrum, trial: int) -> Answer:
    """A guess, the truth but for a factor of up to three; random starts and bounds where our fit has its own."""
    circuit, rng = parse_circuit(spectrum.circuit), np.random.default_rng([7, trial])
    exponent = np.array([part.kind == "exponent" for part in circuit.parts])
    box = boxes(circuit, spectrum.frequency[None], spectrum.impedance[None], {})

    def values(u: np.ndarray) -> Any:
        return np.where(exponent, u, np.exp(np.where(exponent, 0.0, u))).tolist()

    rough = np.where(exponent, 0.9, spectrum.truth * 3.0 ** rng.uniform(-1, 1, exponent.size))
    anywhere = rng.uniform(box.first[0], box.last[0], (STARTS, exponent.size))
    return {
        "guess": [rough.tolist()], "random": values(anywhere), "low": values(box.low[0]), "high": values(box.high[0])
    }  # fmt: skip


def in_turns(
    job: str, ways: Sequence[Way], workers: Mapping[str, Worker], given: Callable[[int], Answer], count: int
) -> dict[Way, list[Answer]]:
    """The answers of each way to trials 0, 1, 2 ..., all ways in turns."""
    found: dict[Way, list[Answer]] = {way: [] for way in ways if way.who in workers}
    for trial in range(count):
        told = given(trial)
        for way, answers in found.items():
            if sum(answer["wall"] for answer in answers) < PATIENCE:
                answers.append(workers[way.who].ask(job=job, trial=trial, **told, **way.options))
                tell(f"{job} {trial}, {way.who}, {way.told}: {answers[-1]}")
    return found


def digits(number: float) -> str:
    """Three of them, without a power of ten."""
    return f"{float(f'{number:.3g}'):.10g}"


def timed(answers: Sequence[Answer]) -> str:
    """Medians in ms, by the wall and of the processor."""
    return " | ".join(digits(1e3 * statistics.median(answer[clock] for answer in answers)) for clock in CLOCKS)


def without(answers: Sequence[Answer]) -> str:
    """What to say of those that failed."""
    errors = [answer["error"] for answer in answers if "error" in answer]
    return f" ({len(errors)} failed: {errors[0]})" if errors else ""


def fit_rows(
    what: str, spectrum_of: Callable[[int], Spectrum], workers: Mapping[str, Worker], trials: int
) -> Iterator[str]:
    def given(trial: int) -> Answer:
        return spectrum_of(trial).told | starts_for(spectrum_of(trial), trial)

    found = in_turns("fit", FITS, workers, given, trials)
    best: dict[str, float] = {}
    for trial in range(trials):
        name = spectrum_of(trial).name
        seen = [answers[trial].get("chi2", np.inf) for answers in found.values() if trial < len(answers)]
        best[name] = min(*seen, best[name] if name in best else thorough(spectrum_of(trial)).chi2)
    for way, answers in found.items():
        over = [answer.get("chi2", np.inf) / best[spectrum_of(k).name] for k, answer in enumerate(answers)]
        shares = " | ".join(f"{sum(o <= 1 + most for o in over)}" for most in (0.01, 0.1))
        told, goal = way.told + without(answers), "< 500" if way.who == "thiocell" else ""
        ratio = f"{statistics.median(over):.3f}" if statistics.median(over) < 10 else digits(statistics.median(over))
        yield f"| {what} | {way.who} | {told} | {len(over)} | {shares} | {ratio} | {timed(answers)} | {goal} |"


def task_rows(
    what: str, job: str, ways: Sequence[Way], workers: Mapping[str, Worker], rounds: int, goal: str
) -> Iterator[str]:
    """Rows of what every round does on another spectrum of 60 points; the first round does not count."""

    def given(trial: int) -> Answer:
        spectrum = virtual(trial, CIRCUIT.removesuffix("-C3"))
        return spectrum.told | {"resistance": float(spectrum.truth[1] + spectrum.truth[4])}

    for way, all_answers in in_turns(job, ways, workers, given, rounds + 1).items():
        answers = all_answers[1:] or all_answers
        finds = statistics.median(answer.get("finds", np.inf) for answer in answers)
        told, own = way.told + without(answers), goal if way.who == "thiocell" else ""
        yield f"| {what} | {way.who} | {told} | {len(answers)} | {finds:.2f} % | {timed(answers)} | {own} |"


def fit_chunk(impedance: np.ndarray) -> tuple[list[float], float]:
    """Chi-squares, and the processor time in s."""
    frequency, begun = np.tile(FREQUENCY, (len(impedance), 1)), time.process_time()
    chi2 = [found.chi2 for found in fit_circuits(parse_circuit(CIRCUIT), frequency, impedance)]
    return chi2, time.process_time() - begun


def batch(count: int, rounds: int) -> str:
    """Wall time of many spectra on two processes, their start included."""
    spectra = [virtual(seed) for seed in range(count)]
    whole = np.array([spectrum.impedance for spectrum in spectra])
    exact = parse_circuit(CIRCUIT).impedance(np.array([spectrum.truth for spectrum in spectra]), FREQUENCY)
    by_truth = np.sum(np.abs((exact - whole) / np.abs(whole)) ** 2, axis=1)
    walls, processor, chi2 = [], [], np.zeros(count)
    for _ in range(rounds):
        begun = time.perf_counter()
        with ProcessPoolExecutor(2) as pool:
            parts = list(pool.map(fit_chunk, [whole[k : k + CHUNK] for k in range(0, count, CHUNK)]))
        walls.append(time.perf_counter() - begun)
        processor.append(sum(spent for _, spent in parts))
        chi2 = np.concatenate([own for own, _ in parts])
    missed = int(np.sum(chi2 > by_truth))
    return (
        f"{count} virtual spectra of 60 points, eight parameters, {STARTS} starts each, on two processes: "
        f"{statistics.median(walls):.1f} s ({min(walls):.1f} to {max(walls):.1f} s in {rounds} rounds, "
        f"{statistics.median(processor):.1f} s of the processors; goal: 1000 in less than 60 s). "
        f"{count - missed} of {count} end no higher than the true values do."
    )


def tell(text: str) -> None:
    """To the terminal, so that standard output holds nothing but the tables."""
    print(text, file=sys.stderr, flush=True)


def report(workers: Mapping[str, Worker], size: argparse.Namespace) -> None:
    print("| spectrum | who | how | trials | within 1 % | within 10 % | chi2 over best | ms | processor, ms | goal |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    cases: list[tuple[str, Callable[[int], Spectrum]]] = [("virtual", virtual)]
    if LAGP.is_file():
        cases.insert(0, ("LAGP", lagp))
    for what, spectrum_of in cases:
        print("\n".join(fit_rows(what, spectrum_of, workers, size.trials)), flush=True)
    if not LAGP.is_file():
        print(f"\nThe real spectrum is left out: {LAGP} is not there; THIOCELL_DATA may name its folder.")
    print("\n| what | who | how | rounds | left or missed | ms | processor, ms | goal |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    print("\n".join(task_rows("Kramers-Kronig", "test", TESTS, workers, size.rounds, "< 10")), flush=True)
    rows = task_rows("relaxation times", "distribution", DISTRIBUTIONS, workers, size.rounds, "< 50")
    print("\n".join(rows), flush=True)
    print(f"\n{batch(size.spectra, size.batches)}\n")


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--trials", type=int, default=20, help="of each way to fit, on each kind of spectrum")
    asked.add_argument("--rounds", type=int, default=15, help="of Kramers-Kronig tests and relaxation times")
    asked.add_argument("--spectra", type=int, default=1000, help="in the batch")
    asked.add_argument("--batches", type=int, default=3, help="rounds of the batch")
    asked.add_argument("--peers", type=Path, help="where the peers' environments are kept")
    asked.add_argument("--quick", action="store_true")
    asked.add_argument("--serve", help=argparse.SUPPRESS)
    size = asked.parse_args()
    if size.serve:
        serve(size.serve)
        return
    if size.quick:
        size.trials, size.rounds, size.spectra, size.batches = 1, 2, 100, 1
    before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        workers = start_all(size.peers or Path(folder))
        try:
            report(workers, size)
        finally:
            for worker in workers.values():
                worker.end()
    print(". ".join(worker.named["name"] for worker in workers.values()) + f". Python {sys.version.split()[0]}.")
    print(f"\nLoad of the machine: {before:.1f} before, {os.getloadavg()[0]:.1f} after, {os.cpu_count()} cores.")


if __name__ == "__main__":
    main()
