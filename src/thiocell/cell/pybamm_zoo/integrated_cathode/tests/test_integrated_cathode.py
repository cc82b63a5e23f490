"""A physical result that the model must give, beside those that thiocell's own tests hold it to."""

import numpy as np
import pybamm

from thiocell.cell.integrated_cathode import IntegratedCathode


def test_what_passes_the_terminals_is_found_in_the_couples() -> None:
    """Charge balance over two hours of a discharge, to a part in 1e8."""
    model = IntegratedCathode({"grains": "parabolic"})
    values = model.default_parameter_values
    solution = pybamm.Simulation(model, parameter_values=values).solve([0, 7200])
    held = -values["Double-layer capacitance [F.m-3]"] * solution["X-averaged potential difference [V]"].entries
    for couple in ("Sulfur", "Molybdenum"):
        charge = values[f"{couple} volumetric charge [C.m-3]"]
        held = held + charge * solution[f"X-averaged {couple.lower()} lithiation"].entries
    volume = values["Cathode thickness [m]"] * values["Cell area [m2]"]
    passed = 3600 * solution["Discharge capacity [A.h]"].entries
    np.testing.assert_allclose((held - held[0]) * volume, passed, rtol=1e-8, atol=1e-8 * passed[-1])
