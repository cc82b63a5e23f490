"""The cell model in PyBaMM: Li-In | Li3PS4 | integrated cathode | steel, by the equations of docs/cell-model.md."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

os.environ.setdefault("PYBAMM_DISABLE_TELEMETRY", "true")

import pybamm

from thiocell.cell import integrated_cathode_grains as grains
from thiocell.cell import pybamm_names as names
from thiocell.cell.parameters import CORNER, FARADAY, GAS, REFERENCE_TEMPERATURE
from thiocell.cell.pybamm_options import complete, shape_of

DOMAIN = "cathode"
NODES = 20
"""Cells through the depth unless told otherwise."""
CITATION = Path(__file__).parent / "pybamm_zoo" / "integrated_cathode" / "CITATION.bib"


class Circuit:
    """What PyBaMM's controls of voltage and power ask of a model: its nominal capacity and its area."""

    def __init__(self) -> None:
        self.Q = pybamm.Parameter(names.CAPACITY)
        self.A_cc = pybamm.Parameter(names.CELL_NUMBERS["area"])


class Contact(pybamm.DeltaFunction):  # type: ignore[misc]
    """The current that a contact brings into the cell beside it, which ``latexify`` can write too."""

    def _sympy_operator(self, child: Any) -> Any:
        from sympy import DiracDelta, Symbol

        return child * Symbol("L") * DiracDelta(Symbol("x") if self.side == "left" else Symbol("x") - Symbol("L"))


class IntegratedCathode(pybamm.BaseModel):  # type: ignore[misc]
    """A cathode that stores and conducts, against Li-In: redox couples that share one potential at every depth.

    ``options`` choose the equations (couples, grains, hysteresis, contacts ...; see ``pybamm_options.DEFAULTS``);
    every number is a ``pybamm.Parameter``. Discharge current is positive. Potentials of couples are against lithium,
    the voltage against the anode. "Initial potential [V]" is no free number: ``resting.resting_potential`` gives it.
    Raises BadInput for an option that means nothing.
    """

    def __init__(self, options: Mapping[str, Any] | None = None, name: str = "Integrated cathode") -> None:
        super().__init__(name=name)
        self.choices = complete(options)
        self.shape = shape_of(self.choices)
        # PyBaMM's controls and EIS read this one and refuse words that its own models do not know
        self.options = {"surface form": self.choices["surface form"]}
        self.param = Circuit()
        self.summary_variables: list[str] = []
        pybamm.citations.register(CITATION.read_text(encoding="utf-8"))
        self._build()

    def _build(self) -> None:
        self.x = pybamm.SpatialVariable("x", domain=DOMAIN, coord_sys="cartesian")
        self._number = {field: pybamm.Parameter(name) for field, name in names.CELL_NUMBERS.items()}
        self._current = pybamm.FunctionParameter(names.CURRENT, {"Time [s]": pybamm.t})
        self._density = self._current / self._number["area"]
        self._factor = FARADAY / (GAS * self._number["temperature"])
        self._phi = pybamm.Variable("Potential difference [V]", domain=DOMAIN)
        self._count()
        pace = self._activation()
        self._couples = [grains.Couple(self, each, self._phi, self._factor, pace) for each in self.shape.couples]
        self._mean = {couple.shape.name: couple.lithiation for couple in self._couples}
        self._part_iodide()
        self._transport()
        self._voltage()
        self._name_variables()
        self._set_events()

    # ---- equations -------------------------------------------------------------------------------------------

    def _state(self, variable: pybamm.Variable, rate: pybamm.Symbol, start: pybamm.Symbol) -> None:
        """A state, its rate of change and its value at the start, even over the cathode."""
        self.rhs[variable] = rate
        self.initial_conditions[variable] = pybamm.PrimaryBroadcast(start, DOMAIN) if variable.domain else start

    def _count(self) -> None:
        """The charge that has passed, with its sign and without."""
        self._discharged = pybamm.Variable("Discharge capacity [A.h]")
        self._passed = pybamm.Variable("Throughput capacity [A.h]")
        before = pybamm.Parameter(names.INITIAL_THROUGHPUT) * self._number["area"] / 3600
        self._state(self._discharged, self._current / 3600, pybamm.Scalar(0))
        self._state(self._passed, abs(self._current) / 3600, before)

    def _activation(self) -> pybamm.Symbol:
        throughput = self._passed * 3600 / self._number["area"]
        left = 1 - self._number["activation_start"]
        return 1 - left * pybamm.exp(-throughput / self._number["activation_charge"])

    def _part_iodide(self) -> None:
        """How iodide drops out of the Li2S that is left, and goes back."""
        if not self.shape.parting:
            return
        number = {field: pybamm.Parameter(name) for field, name in names.PARTING_NUMBERS.items()}
        self._parted = pybamm.Variable("Parted iodide", domain=DOMAIN)
        free = 1 - number["held"] * self._mean["sulfur"]
        excess = (free + pybamm.sqrt(free**2 + CORNER**2)) / 2 - self._parted
        out, back = 1 / number["out_time"], 1 / number["in_time"]
        corner = pybamm.sqrt(excess**2 + CORNER**2) - CORNER
        rate = (out + back) / 2 * excess + (out - back) / 2 * corner
        self._state(self._parted, rate, pybamm.Parameter(names.INITIAL_PARTED))

    def _conductivity(self) -> pybamm.Symbol:
        """Ionic conductivity in S/m at every depth: a power mean of phases whose shares follow the state."""
        parts = {"host": self._mean.get("sulfur"), "molybdenum": self._mean.get("molybdenum")}
        if self.shape.parting:
            parts["parted"] = self._parted
        power = self.shape.power
        total = pybamm.PrimaryBroadcast(pybamm.Parameter(names.ionic("base", power)), DOMAIN)
        for term, share in parts.items():
            if share is not None:
                total = total + pybamm.Parameter(names.ionic(term, power)) * share
        return total if power == 1 else total**power

    def _transport(self) -> None:
        """Charge of the double layer: what ions bring less what reacts.

        The slopes given at the two ends make the ionic current vanish there; a contact that passes ions is a source.
        """
        i, sigma = self._density, self._number["electronic"]
        self._kappa = self._conductivity()
        mixed = self._kappa * sigma / (self._kappa + sigma)
        self._slope = pybamm.grad(self._phi)
        blocked = (-i / sigma, "Neumann")
        self.boundary_conditions[self._phi] = {"left": blocked, "right": blocked}
        gain = pybamm.div(mixed * (self._slope + i / sigma))
        per_length = i / self._number["thickness"]
        if self.shape.left == "ion":
            gain = gain - Contact(per_length, "left", DOMAIN)
        if self.shape.right == "ion":
            gain = gain + Contact(per_length, "right", DOMAIN)
        self._reacted = sum((couple.current for couple in self._couples[1:]), self._couples[0].current)
        rate = (gain - self._reacted) / self._number["double_layer"]
        self._state(self._phi, rate, pybamm.Parameter(names.INITIAL_POTENTIAL))

    def _losses(self) -> tuple[pybamm.Symbol, pybamm.Symbol]:
        """(at one face of the separator, at the anode) in V at the present current."""
        inverse = 1 / self._number["temperature"] - 1 / REFERENCE_TEMPERATURE
        arrhenius = pybamm.exp(self._number["separator_energy"] / GAS * inverse)
        separator = self._density * self._number["separator_resistance"] * arrhenius
        if self.shape.left == "electron":
            return pybamm.Scalar(0), pybamm.Scalar(0)
        if not (self.shape.cell and self.shape.anode):
            return separator, pybamm.Scalar(0)
        return separator, 2 / self._factor * pybamm.arcsinh(self._density / (2 * self._number["anode_exchange"]))

    def _voltage(self) -> None:
        """The voltage by sums over inner faces and half cells at the ends, so that no slope is extrapolated."""
        i, sigma = self._density, self._number["electronic"]
        half = pybamm.BoundaryValue(self.x, "left", "constant")  # the middle of the first cell
        self._separator_loss, self._anode_loss = self._losses()
        # a fall over inner faces alone: the integrand is zero at both ends, where the slope is -i/sigma
        fall = pybamm.IndefiniteIntegral((i + sigma * self._slope) / (sigma + self._kappa), self.x)
        left, right = (pybamm.BoundaryValue(fall, side, "constant") for side in ("left", "right"))
        first, last = (self._edge(self._phi, side) for side in ("left", "right"))
        start = -self._separator_loss - self._anode_loss
        if self.shape.left == "ion":
            start = start - half * i / self._edge(self._kappa, "left")
        self._ionic_potential = start - (fall - left)
        end = start - (right - left)
        if self.shape.right == "ion":
            far = end - half * i / self._edge(self._kappa, "right")
            far = far - self._separator_loss if self.shape.left == "ion" else far
        else:
            far = end + last - half * i / sigma
        near = 0 if self.shape.left == "ion" else first + half * i / sigma
        self._against_lithium = far - near
        self._terminal = self._against_lithium - self._number["anode_potential"] if self.shape.cell else far - near

    @staticmethod
    def _edge(symbol: pybamm.Symbol, side: str) -> pybamm.Symbol:
        """The value in the cell at that side."""
        return pybamm.boundary_value(symbol, side, "constant")

    # ---- what it shows ---------------------------------------------------------------------------------------

    def average(self, symbol: pybamm.Symbol) -> pybamm.Symbol:
        """The mean over the cathode's depth."""
        return pybamm.Integral(symbol, self.x) / self._number["thickness"]

    def _name_variables(self) -> None:
        i, volts = self._density, self._terminal
        self.variables = {
            "Time [s]": pybamm.t,
            "Time [min]": pybamm.t / 60,
            "Time [h]": pybamm.t / 3600,
            "x [m]": self.x,
            "Current [A]": self._current,
            "Current variable [A]": self._current,
            "C-rate": self._current / self.param.Q,
            "Current density [A.m-2]": i,
            "Total current density [A.m-2]": i,
            "Voltage [V]": volts,
            "Battery voltage [V]": volts,
            "Terminal voltage [V]": volts,
            "Cathode potential against lithium [V]": self._against_lithium,
            "Power [W]": self._current * volts,
            "Discharge capacity [A.h]": self._discharged,
            "Throughput capacity [A.h]": self._passed,
            "Specific capacity [mA.h.g-1]": self._discharged / self._number["mass"],
        }
        self.variables.update(self._inside())
        volume = self._number["thickness"] * self._number["area"]
        for couple in self._couples:
            self.variables.update(couple.variables(self.average, volume, self._reacted))
        if self.shape.energy:
            self._count_energy(volts)
        extents = [f"X-averaged {couple.shape.name} lithiation" for couple in self._couples]
        self.summary_variables = ["Discharge capacity [A.h]", "Throughput capacity [A.h]", *extents]

    def _inside(self) -> dict[str, pybamm.Symbol]:
        """Potentials, conductivity and losses by name."""
        mean = self.average(self._phi)
        shown = {
            "Potential difference [V]": self._phi,
            "X-averaged potential difference [V]": mean,
            "Ionic potential [V]": self._ionic_potential,
            "Electronic potential [V]": self._ionic_potential + self._phi,
            "Ionic conductivity [S.m-1]": self._kappa,
            "X-averaged ionic conductivity [S.m-1]": self.average(self._kappa),
            "Reaction current [A.m-3]": self._reacted,
            "Separator ohmic loss [V]": self._separator_loss,
            "Anode loss [V]": self._anode_loss,
        }
        if self.shape.cell:
            lost = mean - self._separator_loss - self._anode_loss - self._against_lithium
            shown["Cathode ohmic loss [V]"] = lost
        if self.shape.parting:
            shown["Parted iodide"] = self._parted
            shown["X-averaged parted iodide"] = self.average(self._parted)
        return shown

    def _count_energy(self, volts: pybamm.Symbol) -> None:
        energy = pybamm.Variable("Discharge energy [W.h]")
        self._state(energy, self._current * volts / 3600, pybamm.Scalar(0))
        self.variables["Discharge energy [W.h]"] = energy
        # W.h/kg is mW.h/g
        self.variables["Specific energy [W.h.kg-1]"] = energy / self._number["mass"]

    def _set_events(self) -> None:
        if self.shape.cell:
            self.events = [
                pybamm.Event("Minimum voltage [V]", self._terminal - self._number["lower_cutoff"]),
                pybamm.Event("Maximum voltage [V]", self._number["upper_cutoff"] - self._terminal),
            ]

    # ---- PyBaMM's defaults -----------------------------------------------------------------------------------

    @property
    def default_parameter_values(self) -> pybamm.ParameterValues:
        """The set 'Pan2023'."""
        from thiocell.cell.pybamm_values import get_parameter_values

        return get_parameter_values()

    @property
    def default_geometry(self) -> dict[str, Any]:
        """The depth: from the separator, 0, to the collector."""
        return {DOMAIN: {self.x: {"min": pybamm.Scalar(0), "max": self._number["thickness"]}}}

    @property
    def default_submesh_types(self) -> dict[str, Any]:
        """A mesh whose length may be an input."""
        return {DOMAIN: pybamm.SymbolicUniform1DSubMesh}

    @property
    def default_var_pts(self) -> dict[str, int]:
        """Cells through the depth."""
        return {"x": NODES}

    @property
    def default_spatial_methods(self) -> dict[str, Any]:
        """Finite volumes."""
        return {DOMAIN: pybamm.FiniteVolume()}

    @property
    def default_solver(self) -> pybamm.BaseSolver:
        """IDAKLU, tight enough to place a cut-off: at rtol 1e-4 one can be off by a thousand seconds."""
        return pybamm.IDAKLUSolver(rtol=1e-6, atol=1e-9)

    @property
    def default_quick_plot_variables(self) -> list[Any]:
        """Voltage, current, extents and profiles."""
        extents = [couple.shape.name for couple in self._couples]
        return [
            "Voltage [V]",
            "Current [A]",
            [f"X-averaged {name} lithiation" for name in extents],
            *[f"{names.capital(name)} lithiation" for name in extents],
            "Ionic conductivity [S.m-1]",
        ]
