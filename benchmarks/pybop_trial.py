"""The cell model in PyBOP: one parameter of IntegratedCathode fitted to a synthetic discharge, true value known.

PyBOP pins numpy below 2.4, so it has an environment of its own:

    python3 -m venv pybop-env
    pybop-env/bin/pip install . "pybop>=26.3"        # from the root of this repository
    pybop-env/bin/python benchmarks/pybop_trial.py
"""

from __future__ import annotations

import os
import sys
import time

os.environ.setdefault("PYBAMM_DISABLE_TELEMETRY", "true")

import numpy as np
import pybamm
import pybop

FITTED = "Separator area resistance [Ohm.m2]"
NOISE = 2e-3  # V


def synthetic(values: pybamm.ParameterValues, current: float) -> pybop.Dataset:
    """An hour of discharge from the model itself, with noise on the voltage."""
    times = np.linspace(0.0, 3600.0, 181)
    simulation = pybamm.Simulation(pybamm.Model("IntegratedCathode"), parameter_values=values)
    volts = simulation.solve([0.0, times[-1]], t_interp=times)["Voltage [V]"](times)
    noise = np.random.default_rng(2023).normal(0.0, NOISE, times.size)
    return pybop.Dataset({"Time [s]": times, "Current [A]": np.full(times.size, current), "Voltage [V]": volts + noise})


def main() -> int:
    values = pybamm.ParameterValues("Pan2023")
    truth, current = float(values[FITTED]), 100.0 * float(values["Cathode mass [kg]"])  # 100 mA/g
    values["Current function [A]"] = current
    dataset = synthetic(values, current)

    values[FITTED] = pybop.Parameter(initial_value=0.37 * truth, bounds=[0.1 * truth, 5.0 * truth])
    simulator = pybop.pybamm.Simulator(pybamm.Model("IntegratedCathode"), parameter_values=values, protocol=dataset)
    problem = pybop.Problem(simulator, pybop.SumSquaredError(dataset))
    options = pybop.SciPyMinimizeOptions(method="Nelder-Mead", tol=1e-8, maxiter=200)
    begun = time.perf_counter()
    result = pybop.SciPyMinimize(problem, options=options).run()
    found = float(result.x[0])

    # V = ... - i R: the standard error of R is noise/(i sqrt(n)) with i in A/m2
    sigma = NOISE / (current / float(values["Cell area [m2]"])) / np.sqrt(len(dataset["Time [s]"]))
    print(f"pybop {pybop.__version__}, pybamm {pybamm.__version__}, numpy {np.__version__}")
    print(f"{FITTED}: {found:.6f}, true {truth:.6f}, standard error {sigma:.6f}, {time.perf_counter() - begun:.1f} s")
    good = abs(found - truth) < 3.0 * sigma
    print("PyBOP finds the true value within three standard errors" if good else "PyBOP does NOT find the true value")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
