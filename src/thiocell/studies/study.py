"""The study file as it is read: samples, steps and claims, nothing computed yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from thiocell.cell.parameters import Grains
from thiocell.core.bad_input import BadInput
from thiocell.core.fact import Fact
from thiocell.core.quantity import Quantity
from thiocell.core.record import Record
from thiocell.core.sample import Sample
from thiocell.core.source import Kind
from thiocell.core.technique import Foreseeing, Technique
from thiocell.core.term import Term
from thiocell.inference.parameter import Parameter
from thiocell.studies.claim import Claim
from thiocell.studies.expression import Expression
from thiocell.studies.show import Show


@dataclass(frozen=True)
class SampleStep:
    """Derive what the recipe implies."""

    sample: Sample


@dataclass(frozen=True)
class RecordStep:
    """Read a file, or take the numbers that stand in the study itself (``inline``).

    ``kind`` is what the study declares of a file's source where the file cannot tell: a prediction, or a paper's data.
    """

    file: Path | None = None
    inline: Record | None = None
    reader: str = ""
    pick: int | None = None
    columns: Mapping[str, Any] = field(default_factory=dict)
    layout: Mapping[str, Any] = field(default_factory=dict)
    sha256: str = ""
    kind: Kind | None = None
    sample: str = ""
    facts: Mapping[str, Fact] = field(default_factory=dict)


@dataclass(frozen=True)
class PredictStep:
    """Write the records that a perfect instrument would, or with ``seed`` a real one.

    ``member`` is the ending of a family's member, which has noise of its own by it; '' for a lone prediction.
    """

    technique_name: str
    technique: Technique
    sample: str
    values: Mapping[str, Quantity | Expression]
    seed: int | None = None
    member: str = ""


@dataclass(frozen=True)
class AnalyseStep:
    """Analyse records by role; ``replicates`` instead names one record a cell of the same sample.

    ``facts`` win over the sample's: written out, or expressions of what other steps have found. ``by_role`` says that
    ``records`` names every role: what else a predicting step has made is left out.
    """

    technique_name: str
    technique: Technique
    sample: str
    records: Mapping[str, str]
    replicates: tuple[str, ...] = ()
    facts: Mapping[str, Quantity | Expression] = field(default_factory=dict)
    by_role: bool = False


@dataclass(frozen=True)
class TrendStep:
    """Hold one value of a family's members against the axis ``against`` and fit the law ``law``.

    ``value_means`` and ``against_means`` are what the two words mean, where somebody says.
    """

    value: str
    against: str
    law: str
    members: tuple[tuple[str, Quantity], ...]
    value_means: Term | None = None
    against_means: Term | None = None


@dataclass(frozen=True)
class Target:
    """A number that a fit must meet: what is ``given``, in ``unit``, and by how much it may miss the model besides.

    ``error`` is one standard uncertainty, independent of the number's own and of the other targets'.
    """

    given: Quantity | Expression
    unit: str
    error: Fact | None = None


@dataclass(frozen=True)
class FitStep:
    """Vary ``vary``, words that the technique takes, until it would find on ``sample`` what the targets ``to`` say.

    ``to`` is by the name of the technique's value, ``profiles`` names the parameters whose profile is wanted, and
    ``settings`` are those that the study wrote down for the technique.
    """

    technique_name: str
    technique: Technique
    sample: str
    vary: tuple[Parameter, ...]
    to: Mapping[str, Target]
    profiles: tuple[str, ...]
    starts: int
    seed: int
    noise: float
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class RivalsStep:
    """Hold several fits to the same numbers side by side."""

    fits: Mapping[str, FitStep]


@dataclass(frozen=True)
class ForecastStep:
    """What the fit named ``fit_name`` predicts of another test, which it was not fitted to.

    ``gives`` are the values that are wanted, each with its unit.
    """

    fit_name: str
    fit: FitStep
    technique_name: str
    technique: Technique | Foreseeing
    sample: str
    gives: Mapping[str, str]
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class InsideStep:
    """A look inside the cell model of ``sample`` at ``currents``, ``values`` winning over its facts.

    ``ranges`` asks the fit that the values come from how far it leaves some of the numbers open.
    """

    sample: str
    values: Mapping[str, Quantity | Expression]
    grains: Grains
    currents: tuple[Quantity, ...]
    show: Show
    ranges: ForecastStep | None = None


Work = (
    SampleStep | RecordStep | PredictStep | AnalyseStep | TrendStep | FitStep | RivalsStep | ForecastStep | InsideStep
)


@dataclass(frozen=True)
class Step:
    """One arrow of the study; ``needs`` are the steps that must be done before it."""

    name: str
    verb: str
    where: str
    work: Work
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Study:
    """A study whose every word has been checked; ``steps`` stand in an order in which they can be done."""

    name: str
    file: Path
    title: str
    about: str
    steps: Mapping[str, Step]
    claims: tuple[Claim, ...]

    def only(self, name: str) -> Study:
        """The step ``name`` and what it needs, without claims."""
        kept = {name}
        for step in reversed(list(self.steps.values())):
            if step.name in kept:
                kept |= set(step.needs)
        return replace(self, steps={word: step for word, step in self.steps.items() if word in kept}, claims=())


class BadStudy(BadInput):
    """All that is wrong with a study file; the message is its first fault."""

    def __init__(self, faults: list[str]) -> None:
        more = f" (and {len(faults) - 1} more: 'thiocell check' lists them)" if len(faults) > 1 else ""
        super().__init__(faults[0] + more)
        self.faults = tuple(faults)
