"""A protocol run in PyBaMM, whole or not at all: a step skipped, cut short or ended wrongly is an error naming it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import groupby
from typing import Any

os.environ.setdefault("PYBAMM_DISABLE_TELEMETRY", "true")

import pybamm

from thiocell.cell.integrated_cathode import IntegratedCathode
from thiocell.cell.parameters import CellParameters, CellState
from thiocell.cell.protocol import Step
from thiocell.cell.pybamm_options import options_of
from thiocell.cell.pybamm_values import parameter_values
from thiocell.core.bad_input import BadInput

CUT_OFF_ERROR = 1e-4
"""V; a step that ends on a cut-off ends this near to it."""
_LONGEST = 1e8
"""s, three years: how long a step without a time of its own may last before it counts as endless; assumed."""
_LOOSEST = 1e-5
"""At 1e-4 a long discharge was seen to end a thousand seconds off, at the right voltage."""
_CONTROL = {"current": pybamm.step.current, "voltage": pybamm.step.voltage, "power": pybamm.step.power}
_UNIT = {"current": "A", "voltage": "V", "power": "W"}


class _Watcher(pybamm.callbacks.LoggingCallback):  # type: ignore[misc]
    """Keeps what PyBaMM would only write to its log: how many steps began, and the error that ended them."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = 0
        self.error = ""

    def on_step_start(self, logs: dict[str, Any]) -> None:
        """Called by PyBaMM before each step."""
        super().on_step_start(logs)
        self.begun += 1

    def on_experiment_error(self, logs: dict[str, Any]) -> None:
        """Called by PyBaMM with the error that ends an experiment."""
        self.error = _one_line(logs["error"])


class HalfRun(RuntimeError):
    """A protocol did not run to its end; one sentence says at which step and why."""


def run_pybamm(
    parameters: CellParameters,
    state: CellState,
    protocol: Sequence[Step],
    *,
    rtol: float = 1e-6,
    atol: float = 1e-9,
    options: dict[str, Any] | None = None,
) -> pybamm.Solution:
    """The solution of the whole ``protocol``; its cycles hold one solution for each step.

    ``options`` are further ones of the model.
    Raises BadInput for a protocol that cannot be meant, HalfRun if any step was skipped, failed or ended otherwise
    than the step says, or ended further than ``CUT_OFF_ERROR`` from its cut-off.
    """
    if not 0.0 < rtol <= _LOOSEST:
        raise BadInput(f"rtol is {rtol:g}; take {_LOOSEST:g} or less, a looser one misplaces cut-offs unseen")
    experiment = pybamm_experiment(protocol)
    model = IntegratedCathode({**options_of(parameters), **(options or {})})
    values = parameter_values(parameters, state)
    # where a couple runs dry its extent drowns in the tolerance and IDA may give up; a tighter try mostly goes on
    for finer in (1.0, 0.1):
        solver = pybamm.IDAKLUSolver(rtol=finer * rtol, atol=finer**2 * atol)
        simulation = pybamm.Simulation(
            model, parameter_values=values, experiment=experiment, solver=solver, var_pts={"x": parameters.nodes}
        )
        watcher = _Watcher()
        solution = _solve(simulation, watcher)
        if not watcher.error:
            break
    if solution is None:
        raise HalfRun(f"{_where(protocol, watcher.begun)} {_reason(watcher.error)}")
    check_whole(solution, protocol, watcher.error)
    return solution


def _solve(simulation: pybamm.Simulation, watcher: _Watcher) -> pybamm.Solution | None:
    """What was solved, or nothing; the watcher then knows why."""
    try:
        return simulation.solve(calc_esoh=False, callbacks=[watcher])
    except pybamm.SolverError as error:
        watcher.error = _one_line(error)
        return None


def pybamm_experiment(protocol: Sequence[Step]) -> pybamm.Experiment:
    """The same steps as PyBaMM's, grouped by cycle; raises BadInput for a step that has no end."""
    if not protocol:
        raise BadInput("the protocol has no steps; give at least one")
    steps = [_pybamm_step(step, place) for place, step in enumerate(protocol, start=1)]
    cycles = groupby(zip(protocol, steps, strict=True), key=lambda pair: pair[0].cycle)
    return pybamm.Experiment([tuple(step for _, step in pairs) for _, pairs in cycles])


def _pybamm_step(step: Step, place: int) -> pybamm.step.BaseStep:
    ends = _ends(step)
    if step.seconds is None and not ends:
        raise BadInput(f"step {place} has no end; give seconds, lower, upper or current")
    if step.seconds is not None and not step.seconds > 0.0:
        raise BadInput(f"step {place} lasts {step.seconds:g} s; take more than 0 s")
    duration = _LONGEST if step.seconds is None else step.seconds
    return _CONTROL[step.control](step.value, duration=duration, termination=ends, period=step.period, skip_ok=False)


def _ends(step: Step) -> list[pybamm.step.BaseTermination]:
    ends: list[pybamm.step.BaseTermination] = []
    if step.lower is not None:
        ends.append(pybamm.step.VoltageTermination(step.lower, "<"))
    if step.upper is not None:
        ends.append(pybamm.step.VoltageTermination(step.upper, ">"))
    if step.current is not None:
        ends.append(pybamm.step.CurrentTermination(step.current))
    return ends


def check_whole(solution: pybamm.Solution, protocol: Sequence[Step], error: str = "") -> None:
    """Raises HalfRun unless every step of ``protocol`` was done and ended as it says.

    ``error`` is the solver's, if there was one.
    """
    done = [step for cycle in solution.cycles if cycle is not None for step in cycle.steps]
    for place, (step, part) in enumerate(zip(protocol, done, strict=False), start=1):
        where = _where(protocol, place)
        if isinstance(part, pybamm.EmptySolution):
            raise HalfRun(f"{where} {_reason('infeasible')}")
        _check_end(where, step, part)
    if len(done) != len(protocol):
        raise HalfRun(f"{_where(protocol, min(len(done), len(protocol) - 1) + 1)} {_reason(error)}")


def _check_end(where: str, step: Step, part: pybamm.Solution) -> None:
    volts, amperes = (float(part[name].entries[-1]) for name in ("Voltage [V]", "Current [A]"))
    times = part["Time [s]"].entries
    lasted = float(times[-1] - times[0])
    if part.termination == "final time":
        if step.seconds is None:
            raise HalfRun(f"{where} did not reach its end within {lasted:.3g} s; it stands at {volts:.4f} V")
        if abs(lasted - step.seconds) > 1e-6 * step.seconds:
            raise HalfRun(f"{where} lasted {lasted:.6g} s instead of {step.seconds:.6g} s")
        return
    if "[experiment]" not in part.termination:
        raise HalfRun(f"{where} ended by '{part.termination}', which is none of its ends, at {volts:.4f} V")
    named = [value for value in (step.lower, step.upper) if value is not None]
    if "Voltage" in part.termination and min(abs(volts - value) for value in named) > CUT_OFF_ERROR:
        raise HalfRun(f"{where} ended at {volts:.5f} V, further than 0.1 mV from its cut-off; tighten rtol")
    if "Current" in part.termination and step.current is not None:
        beyond = abs(abs(amperes) - step.current) / step.current
        if beyond > 1e-3:
            raise HalfRun(f"{where} ended at {amperes:.4g} A instead of {step.current:.4g} A; tighten rtol")


def _reason(error: str) -> str:
    if "infeasible" in error:
        return "was skipped: an end of it was met before it began"
    return f"failed: {error or 'it was not begun'}"


def _one_line(error: object) -> str:
    return " ".join(str(error).split())


def _where(protocol: Sequence[Step], place: int) -> str:
    """The step by its place, from 1, and in words."""
    step = protocol[place - 1]
    pairs = ((step.seconds, "s"), (step.lower, "V"), (step.upper, "V"), (step.current, "A"))
    ends = " or ".join(f"{value:.6g} {unit}" for value, unit in pairs if value is not None)
    return f"step {place} of {len(protocol)} ({step.control} {step.value:.6g} {_UNIT[step.control]} until {ends})"
