"""What a discharge gives at four rates, and which couple gives it."""

import pybamm
import pybamm_model_zoo as zoo

model = zoo.load("IntegratedCathode")({"grains": "parabolic"})
values = model.default_parameter_values
mass = values["Cathode mass [kg]"]
print("mA/g   mAh/g   of it sulfur   separator loss [mV]")  # noqa: T201
for rate in (25, 50, 100, 200):
    values["Current function [A]"] = rate * mass
    solution = pybamm.Simulation(model, parameter_values=values).solve([0, 1000 / rate * 3600])
    capacity = solution["Specific capacity [mA.h.g-1]"].entries[-1]
    taken = solution["X-averaged sulfur lithiation"].entries
    volume = values["Cathode thickness [m]"] * values["Cell area [m2]"]
    sulfur = (taken[-1] - taken[0]) * values["Sulfur volumetric charge [C.m-3]"] * volume / 3600 / mass
    loss = 1000 * solution["Separator ohmic loss [V]"].entries[-1]
    print(f"{rate:4d}   {capacity:5.0f}   {sulfur:12.0f}   {loss:19.0f}")  # noqa: T201
