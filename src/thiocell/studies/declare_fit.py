"""What the verb fit declares: what is varied, what it must meet, rivals side by side, and forecasts from a fit."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal, cast

from thiocell.core.bad_input import BadInput, choices
from thiocell.core.fact import Fact
from thiocell.core.quantity import Quantity, same_dimension
from thiocell.core.technique import Expecting, Technique, takes
from thiocell.core.term import Term
from thiocell.inference.parameter import Parameter
from thiocell.studies.expression import parse
from thiocell.studies.family import Family
from thiocell.studies.settings import settings_of
from thiocell.studies.study import FitStep, ForecastStep, RivalsStep, SampleStep, Step, Target
from thiocell.studies.table import Table, fact, quantity
from thiocell.studies.workshop import Workshop, for_member, steps_of, used, used_in
from thiocell.techniques import TECHNIQUES

_FIT_KEYS = ("sample", "vary", "to", "starts", "seed", "noise", "profile")
_FORECAST_KEYS = ("fit", "sample", "gives")
_VARY_KEYS = ("low", "high", "scale", "start", "prior", "source", "reference", "place")
_TO_KEYS = ("is", "error", "source", "reference", "place")
_STARTS, _SEED = 16, 1
_NOISE = 1e-5
"""Relative error of a model's numbers where the study tells none: that of a step of the cell's solver."""


def refers_of_fit(table: Table) -> tuple[str, ...]:
    """The names of the steps that a fit, a table of rivals or a forecast uses, besides its sample."""
    entries = table.entries
    of, fit = entries.get("of", []), entries.get("fit")
    steps = [name.rpartition(".")[0] for name in used_in(entries.get("to"))]
    return tuple(name for name in (*steps, *(of if isinstance(of, list) else []), fit) if isinstance(name, str))


def make_fit(shop: Workshop) -> tuple[list[Step], Family]:
    """A fit of a technique's predictions to numbers, or several such fits side by side."""
    if "of" in shop.table.entries:
        return _make_rivals(shop)
    table = shop.table
    name, technique = _expecting(shop, *_FIT_KEYS)
    sample = table.text("sample")
    shop.kind_of(sample, SampleStep)
    vary = tuple(_parameter(shop, takes(technique), *entry) for entry in _filled(table, "vary", _VARY))
    to = {word: _target(shop, name, technique, word, given) for word, given in _filled(table, "to", _TO)}
    work = FitStep(
        name,
        technique,
        sample,
        vary,
        to,
        _profiles(table, [parameter.name for parameter in vary]),
        _positive(table, "starts", _STARTS),
        _positive(table, "seed", _SEED, least=0),
        _noise(table),
        table.rest("technique", *_FIT_KEYS),
    )

    def make(end: str, _: Mapping[str, Quantity]) -> FitStep:
        turned = {word: replace(target, given=for_member(shop, target.given, end)) for word, target in to.items()}
        return replace(work, sample=shop.member(sample, end), to=turned)

    return shop.each((sample, *steps_of(target.given for target in to.values())), make)


def make_forecast(shop: Workshop) -> tuple[list[Step], Family]:
    """What a fit says of a test that it was not fitted to; settings of the fit hold unless the table says otherwise."""
    table = shop.table
    ref = table.text("fit")
    fit = fit_work(shop, ref)
    name = table.text("technique")
    if not name:
        raise BadInput(f"the technique is missing; there are {choices(_able())}")
    known, own = settings_of(TECHNIQUES.find(name)), table.rest("technique", *_FORECAST_KEYS)
    common = {word: value for word, value in fit.settings.items() if word in known}
    widened = replace(shop, table=replace(table, entries={**common, **table.entries}))
    name, technique = _expecting(widened, *_FORECAST_KEYS)
    sample = table.text("sample", "")
    shop.kind_of(sample, SampleStep)
    gives = _gives(table, name, technique, fit)
    for parameter in fit.vary:
        if parameter.name not in takes(technique):
            raise BadInput(f"fit: '{ref}' varied {parameter.name}, which {name} does not take; see its setting 'law'")

    def make(end: str, _: Mapping[str, Quantity]) -> ForecastStep:
        here = fit_work(shop, shop.member(ref, end))
        chosen = shop.member(sample, end) if sample else here.sample
        return ForecastStep(shop.member(ref, end), here, name, technique, chosen, gives, {**common, **own})

    steps, family = shop.each((ref, sample), make)
    return [with_needs_of(shop, step, step.needs) for step in steps], family


def _make_rivals(shop: Workshop) -> tuple[list[Step], Family]:
    table = shop.table
    table.only("of")
    refs = table.entries["of"]
    if not isinstance(refs, list) or len(refs) < 2 or not all(isinstance(ref, str) for ref in refs):
        raise BadInput("of: write a list of two fits at least, like ['one_size', 'spread']")
    if len(set(refs)) < len(refs):
        raise BadInput("of: a fit stands there twice; name each once")
    for ref in refs:
        fit_work(shop, ref)

    def make(end: str, _: Mapping[str, Quantity]) -> RivalsStep:
        return RivalsStep({shop.member(ref, end): fit_work(shop, shop.member(ref, end)) for ref in refs})

    steps, family = shop.each(tuple(refs), make)
    return [with_needs_of(shop, step, step.needs) for step in steps], family


def with_needs_of(shop: Workshop, step: Step, fits: tuple[str, ...]) -> Step:
    """The step needing also what its fits need: the numbers they were fitted to."""
    more = [need for name in fits for need in shop.steps[name].needs]
    return replace(step, needs=tuple(dict.fromkeys((*step.needs, *more))))


def fit_work(shop: Workshop, ref: str) -> FitStep:
    """The fit that a name means; raises BadInput if it means none."""
    shop.family_of(ref)
    step = shop.step(ref)
    if step is None or not isinstance(step.work, FitStep):
        raise BadInput(f"'{ref}' is no fit; name a step [fit.NAME] that varies something")
    return step.work


def _expecting(shop: Workshop, *reserved: str) -> tuple[str, Technique]:
    """The table's technique, which must be one that can be asked for many trials at once."""
    if (name := shop.table.text("technique")) in TECHNIQUES.names:
        _only("", shop.table.entries, ("technique", *reserved, *settings_of(TECHNIQUES.find(name))))
    name, technique = shop.technique(*reserved)
    if not isinstance(technique, Expecting):
        raise BadInput(f"technique: '{name}' does not tell what it expects of trials; those that do are {_able()}")
    return name, technique


def _able() -> str:
    return choices([name for name, kind in TECHNIQUES.all().items() if hasattr(kind, "expect")])


_VARY = "{ low = '50 ohm*cm**2', high = '1000 ohm*cm**2', scale = 'log', place = 'why these bounds' }"
_TO = "{ is = 'printed.capacity', error = '3 mAh/g', place = 'why this error' }"


def _filled(table: Table, key: str, like: str) -> list[tuple[str, Any]]:
    entries = table.table(key)
    if not entries:
        raise BadInput(
            f"{key}: this table is missing; write [{table.where.rpartition('[')[2][:-1]}.{key}] word = {like}"
        )
    return list(entries.items())


def _parameter(shop: Workshop, terms: Mapping[str, Term], word: str, given: Any) -> Parameter:
    """One word that is varied; raises BadInput for one that the technique does not take and for bounds without why."""
    where = f"vary.{word}"
    if word not in terms:
        raise BadInput(f"{where}: there is no such word to vary; there are {choices(set(terms))}")
    if not isinstance(given, dict) or not {"low", "high"} <= set(given):
        raise BadInput(f"{where}: write {_VARY}")
    _only(where, given, _VARY_KEYS)
    if not given.get("place"):
        raise BadInput(f"{where}: say in 'place' why these bounds")
    term = terms[word]
    low, high = (term.check(f"{where}.{end}", _quantity(f"{where}.{end}", given[end])) for end in ("low", "high"))
    start = given.get("start")
    source = fact({**_sourced(given), "is": 0.0}, "", shop.paper).source
    return Parameter(
        word,
        low.si,
        high.si,
        cast("Literal['linear', 'log']", given.get("scale", "linear")),
        None if start is None else term.check(f"{where}.start", _quantity(f"{where}.start", start)).si,
        term.unit,
        source,
        _prior(shop, where, term, given["prior"]) if "prior" in given else None,
    )


def _sourced(given: Mapping[str, Any]) -> dict[str, Any]:
    """Where bounds or an error come from, as a fact writes it; assumed unless told."""
    return {"source": "assumed", **{key: given[key] for key in ("source", "reference", "place") if key in given}}


def _prior(shop: Workshop, where: str, term: Term, given: Any) -> Fact:
    if not isinstance(given, dict) or not given.get("place"):
        like = "{ is = '150(50) ohm*cm**2', source = 'literature', place = 'p. 9' }"
        raise BadInput(f"{where}.prior: write the number with its source and place, like {like}")
    try:
        found = fact({"source": "assumed", **given}, "", shop.paper)
    except BadInput as error:
        raise BadInput(f"{where}.prior: {error}") from error
    return Fact(term.check(f"{where}.prior", found.quantity), found.source)


def _target(shop: Workshop, name: str, technique: Technique, word: str, given: Any) -> Target:
    """One number to meet; raises BadInput for a value that the technique does not give and for an unknown error."""
    where, unit = f"to.{word}", _term(f"to.{word}", name, technique, word).unit
    entry = given if isinstance(given, dict) else {"is": given}
    _only(where, entry, _TO_KEYS)
    if "is" not in entry:
        raise BadInput(f"{where}: write a quantity, a value 'step.value', or {_TO}")
    meant = parse(entry["is"]) if used(entry["is"]) else _quantity(where, entry["is"])
    error = _error(shop, where, unit, entry) if "error" in entry else None
    if isinstance(meant, Quantity):
        if not same_dimension(meant.unit, unit):
            raise BadInput(f"{where}: {meant} has the wrong unit; write it in '{unit}' or the like")
        if error is None and not meant.sigma > 0:
            raise BadInput(f"{where}: {meant} has no known error above zero; write one, like {_TO}")
    return Target(meant, unit, error)


def _error(shop: Workshop, where: str, unit: str, entry: Mapping[str, Any]) -> Fact:
    found = _quantity(f"{where}.error", entry["error"])
    if not same_dimension(found.unit, unit) or not found.value > 0:
        raise BadInput(f"{where}.error: {found} is no error of a number in '{unit}'; write one standard uncertainty")
    if not entry.get("place"):
        raise BadInput(f"{where}.error: say in 'place' where this error comes from")
    return Fact(replace(found, sigma=0.0), fact({**_sourced(entry), "is": 0.0}, "", shop.paper).source)


def _gives(table: Table, name: str, technique: Technique, fit: FitStep) -> dict[str, str]:
    given = table.entries.get("gives", [])
    words = [given] if isinstance(given, str) else given
    if not isinstance(words, list) or not words or not all(isinstance(word, str) for word in words):
        raise BadInput("gives: write the values that are wanted, like ['energy_at_power', 'greatest_power']")
    units = {word: _term("gives", name, technique, word).unit for word in words}
    if technique == fit.technique and (told := [word for word in words if word in fit.to]):
        raise BadInput(
            f"gives: '{told[0]}' was fitted to, so it is no forecast; the fit gives it as 'fitted_{told[0]}'"
        )
    return units


def _term(where: str, name: str, technique: Technique, word: str) -> Term:
    """What a value means that a technique gives; a numbered one must be among those of its settings."""
    gives, terms = technique.gives, technique.terms
    if word in gives:
        return gives[word]
    pattern = re.sub(r"_\d+$", "_n", word)
    numbered = {re.sub(r"_\d+$", "_n", known) for known in gives if known not in terms}
    if word in terms and not word.endswith("_n"):
        return terms[word]
    if pattern in terms and pattern not in numbered:
        return terms[pattern]
    raise BadInput(f"{where}: {name} gives no '{word}'; it gives {choices(set(gives) | (set(terms) - numbered))}")


def _profiles(table: Table, words: list[str]) -> tuple[str, ...]:
    given = table.entries.get("profile", True)
    if isinstance(given, bool):
        return tuple(words) if given else ()
    wanted = [given] if isinstance(given, str) else given
    if not isinstance(wanted, list) or not set(wanted) <= set(words):
        raise BadInput(f"profile: write true, false or a list of what is varied: {choices(words)}")
    return tuple(wanted)


def _positive(table: Table, key: str, default: int, least: int = 1) -> int:
    given = table.whole(key)
    if given is not None and given < least:
        raise BadInput(f"{key}: {given} is too few; {least} is the least")
    return default if given is None else given


def _noise(table: Table) -> float:
    given = table.entries.get("noise", _NOISE)
    if not isinstance(given, float) or not 0.0 < given < 0.1:
        raise BadInput(f"noise: {given!r} is no relative error of a model; write a number like 1e-5")
    return given


def _quantity(where: str, given: object) -> Quantity:
    try:
        return quantity(given)
    except BadInput as error:
        raise BadInput(f"{where}: {error}") from error


def _only(where: str, given: Mapping[str, Any], known: tuple[str, ...]) -> None:
    wrong = [key for key in given if key not in known]
    if wrong:
        at = f"{where}: " if where else ""
        raise BadInput(f"{at}there is no key '{wrong[0]}' here; there are {choices(known)}")
