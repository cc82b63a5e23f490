"""What a cathode is made of: recipe, phases, redox couples and how they share lithium."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from thiocell.chemistry.couple import Couple
from thiocell.chemistry.formula import ATOMIC_WEIGHTS, parse
from thiocell.chemistry.phase import Phase, key
from thiocell.chemistry.solution import SolidSolution
from thiocell.core.bad_input import BadInput, choices
from thiocell.core.fact import Fact
from thiocell.core.quantity import Quantity
from thiocell.core.sample import Sample
from thiocell.core.source import Source
from thiocell.core.term import Term


@dataclass(frozen=True)
class Exchange:
    """Lithium that making the sample has moved from one couple to another, in moles for one mole of the taker's phase.

    The sample's fact ``name`` tells how much; ``default`` holds where it does not.
    """

    name: str
    term: Term
    default: Fact
    giver: str
    taker: str


@dataclass(frozen=True)
class System:
    """``moles`` turns the recipe's numbers, by name, into moles of each weighed-in phase for one formula unit.

    ``couples`` stand in the order in which charging oxidises them; ``phases`` hold every phase that can occur.
    """

    title: str
    recipe: Mapping[str, Term]
    moles: Callable[..., Mapping[str, float]]
    example: Mapping[str, Quantity]
    phases: tuple[Phase, ...]
    couples: tuple[Couple, ...]
    source: Source
    solution: SolidSolution | None = None
    exchange: Exchange | None = None
    doubts: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        known = {phase.formula for phase in self.phases}
        for couple in self.couples:
            if missing := set(couple.formulas) - known:
                raise BadInput(
                    f"couple '{couple.name}' makes {choices(missing)}, which '{self.title}' does not describe"
                )
        if self.exchange:
            self.couple(self.exchange.giver)
            self.couple(self.exchange.taker)

    def phase(self, formula: str) -> Phase:
        """The phase of that formula."""
        for phase in self.phases:
            if phase.formula == formula:
                return phase
        raise BadInput(f"'{self.title}' has no phase {formula}; it has {choices({p.formula for p in self.phases})}")

    def couple(self, name: str) -> Couple:
        """The couple of that name."""
        for couple in self.couples:
            if couple.name == name:
                return couple
        raise BadInput(f"'{self.title}' has no couple '{name}'; it has {choices({c.name for c in self.couples})}")

    @property
    def elements(self) -> tuple[str, ...]:
        """Every element that a phase holds, in the order of the atomic-weight table."""
        held = {element for phase in self.phases for element in parse(phase.formula)}
        return tuple(element for element in ATOMIC_WEIGHTS if element in held)

    @property
    def state(self) -> dict[str, Term]:
        """The coordinates of a sample's state; all are zero for a fresh sample."""
        terms = {
            c.coordinate.name: Term("", c.coordinate.name, c.coordinate.meaning, -_span(c), _span(c))
            for c in self.couples
            if c.coordinate
        }
        if self.solution:
            guest = self.solution.guest.formula
            terms[free(self.solution)] = Term("", "f", f"share of all {guest} that stays out of solution", 0, 1)
        terms["cycle"] = Term("", "n", "cycles done; counting does not depend on it", 0, 1e9)
        return terms

    @property
    def parameters(self) -> dict[str, tuple[Term, Fact]]:
        """Facts of a sample that the counting asks for, each with what holds where the sample does not tell."""
        found: dict[str, tuple[Term, Fact]] = {}
        for couple in self.couples:
            word, meaning, place = (
                couple.switch,
                f"does the {couple.name} couple count (1) or not (0)",
                "system's default",
            )
            if not couple.steps:
                meaning = f"0: the {couple.name} couple takes no part, for want of its electrons, which are not known"
                place = f"the electrons of {couple.phase} are not known"
            on = bool(couple.steps) and couple.switched_on
            default = Fact(Quantity.exact(float(on)), Source("assumed", place=place))
            found[word] = (Term("", word, meaning, 0, float(bool(couple.steps))), default)
        if self.exchange:
            found[self.exchange.name] = (self.exchange.term, self.exchange.default)
        return found

    def facts(self) -> Iterator[tuple[str, Fact]]:
        """Every sourced number of the system with a name of its own."""
        for phase in self.phases:
            yield from phase.facts()
        if self.solution:
            yield from self.solution.facts()

    def checked_recipe(self, sample: Sample) -> dict[str, Quantity]:
        """The sample's recipe in the recipe's units; raises BadInput for a missing, unknown or impossible number."""
        where = f"recipe of sample '{sample.name}'"
        if missing := set(self.recipe) - set(sample.recipe):
            raise BadInput(f"the {where} lacks {choices(missing)}; it needs {choices(set(self.recipe))}")
        return _checked(sample.recipe, self.recipe, where)

    def checked_state(self, sample: Sample) -> dict[str, Quantity]:
        """The sample's state, zero where it says nothing; raises BadInput for an unknown coordinate or one too far."""
        told = _checked(sample.state, self.state, f"state of sample '{sample.name}'")
        return {name: told.get(name, Quantity.exact(0.0)) for name in self.state}

    def checked_parameters(self, sample: Sample) -> dict[str, Fact]:
        """What the sample says of the system's parameters, defaults filled in."""
        found: dict[str, Fact] = {}
        for name, (term, default) in self.parameters.items():
            fact = sample.facts.get(name, default)
            found[name] = Fact(_within(term, name, fact.quantity, f"facts of sample '{sample.name}'"), fact.source)
        return found


def free(solution: SolidSolution) -> str:
    """The state coordinate that keeps the guest of a solution outside: 'free_lii'."""
    return f"free_{key(solution.guest.formula)}"


def _span(couple: Couple) -> float:
    lithium = couple.coordinate.lithium if couple.coordinate else 1.0
    return (couple.electrons or 0.0) / abs(lithium)


def _checked(given: Mapping[str, Quantity], terms: Mapping[str, Term], where: str) -> dict[str, Quantity]:
    if unknown := set(given) - set(terms):
        raise BadInput(f"the {where} has {choices(unknown)}; it may have {choices(set(terms))}")
    return {name: _within(terms[name], name, given[name], where) for name in terms if name in given}


def _within(term: Term, name: str, quantity: Quantity, where: str) -> Quantity:
    try:
        return term.check(name, quantity)
    except BadInput as error:
        raise BadInput(f"in the {where}, {error}") from error
