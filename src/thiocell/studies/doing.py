"""How each verb of a study is done, which code it uses, and what its outcome depends on."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np

from thiocell import __version__
from thiocell.cell.facts import FACTS
from thiocell.chemistry import SYSTEMS, properties
from thiocell.core.bad_input import BadInput
from thiocell.core.fact import Fact
from thiocell.core.record import Record
from thiocell.core.result import Result
from thiocell.core.source import Kind, Source
from thiocell.core.technique import takes
from thiocell.readers import READERS, identify, read
from thiocell.readers._origin import contents
from thiocell.studies.batch import pooled, twins
from thiocell.studies.code import code_of
from thiocell.studies.errors import named
from thiocell.studies.expression import Expression
from thiocell.studies.fitting import fitted
from thiocell.studies.forecasting import forecast
from thiocell.studies.given import found_of, with_fitted
from thiocell.studies.looking import look
from thiocell.studies.lookup import sample_of
from thiocell.studies.outcome import Outcome
from thiocell.studies.rivals import rivals
from thiocell.studies.store import Kept
from thiocell.studies.study import (
    AnalyseStep,
    FitStep,
    ForecastStep,
    InsideStep,
    PredictStep,
    RecordStep,
    RivalsStep,
    SampleStep,
    Step,
    TrendStep,
)
from thiocell.studies.table import known_fact
from thiocell.studies.trend import trend
from thiocell.techniques import TECHNIQUES

Outcomes = Mapping[str, Outcome]


@dataclass(frozen=True)
class Ticket:
    """``key`` names the step by all that its outcome depends on; ``prov`` says the same for people."""

    key: str
    prov: Mapping[str, Any]


def ticket(step: Step, outcomes: Outcomes) -> Ticket:
    """The key and provenance of a step whose needs are done; raises BadInput if its file cannot be read."""
    code = code_of(*_modules(step))
    inputs = {need: outcomes[need].key for need in step.needs}
    parameters = plain(step.work)
    if isinstance(step.work, RecordStep) and step.work.file is not None:
        parameters["file"] = {"name": step.work.file.name, "sha256": _hash_of(step.work.file)}
    if isinstance(step.work, TrendStep):
        parameters["needs"] = list(step.needs)
    prov = {
        "verb": step.verb,
        "package": __version__,
        "code": code.digest,
        "versions": dict(code.versions),
        "inputs": inputs,
        "parameters": parameters,
        "seed": step.work.seed if isinstance(step.work, (PredictStep, FitStep)) else None,
    }
    text = json.dumps({"name": step.name, **prov}, sort_keys=True)
    return Ticket(hashlib.sha256(text.encode()).hexdigest(), prov)


def do(step: Step, outcomes: Outcomes) -> Kept:
    """What a step leaves; raises BadInput for bad input, and whatever an engine raises when it breaks."""
    return _DOERS[type(step.work)](step.work, outcomes)


def plain(thing: object) -> Any:
    """Any part of a step as plain data, for keys and provenance."""
    if isinstance(thing, Record):
        return plain(thing.to_json())
    if dataclasses.is_dataclass(thing) and not isinstance(thing, type):
        if isinstance(thing, Expression):
            return thing.text
        entries = {entry.name: plain(getattr(thing, entry.name)) for entry in dataclasses.fields(thing)}
        return {"is": type(thing).__name__, **entries}
    if isinstance(thing, Mapping):
        return {str(key): plain(value) for key, value in thing.items()}
    if isinstance(thing, (list, tuple)):
        return [plain(item) for item in thing]
    if isinstance(thing, np.ndarray):
        return hashlib.sha256(thing.tobytes()).hexdigest()
    if isinstance(thing, float):
        return repr(thing)
    return thing if isinstance(thing, (str, int, bool, type(None))) else str(thing)


def _modules(step: Step) -> tuple[str, ...]:
    """The modules that do a step; what they import counts too."""
    work = step.work
    found = [__name__]
    if isinstance(work, SampleStep) and work.sample.system:
        found.append(SYSTEMS.module(work.sample.system))
    if isinstance(work, RecordStep) and work.file is not None:
        found.append(READERS.module(work.reader or identify(work.file)))
    return (*found, *technique_modules(step))


def technique_modules(step: Step) -> tuple[str, ...]:
    """The modules of the techniques that a step uses."""
    work = step.work
    fits = (
        *(work.fits.values() if isinstance(work, RivalsStep) else ()),
        *([work.fit] if isinstance(work, ForecastStep) else ()),
        *([work.ranges.fit] if isinstance(work, InsideStep) and work.ranges else ()),
    )
    own = [work] if isinstance(work, (PredictStep, AnalyseStep, FitStep, ForecastStep)) else []
    names = [each.technique_name for each in (*own, *fits)]
    return tuple(dict.fromkeys(TECHNIQUES.module(name) for name in names))


def _hash_of(file: Path) -> str:
    return hashlib.sha256(contents(file)).hexdigest()


def _do_sample(work: SampleStep, _: Outcomes) -> Kept:
    """The sample, knowing what its recipe implies; what the study states wins over what is derived."""
    sample = work.sample
    if not sample.system:
        return Kept(sample)
    result = named(properties(sample), sample, {})
    derived = {word: Fact(q, result.source) for word, q in result.values.items() if word not in sample.facts}
    return Kept(sample.with_facts(derived), result)


def _do_record(work: RecordStep, _: Outcomes) -> Kept:
    if work.inline is not None:
        return Kept(records={"main": work.inline})
    if work.file is None:
        raise BadInput("a record needs a file or values")
    if work.sha256 and work.sha256.lower().removeprefix("sha256:") != _hash_of(work.file):
        raise BadInput(f"{work.file} is not the file that the study was written for: its sha256 differs")
    records = read(work.file, work.reader, work.columns, work.layout)
    if work.pick is None and len(records) > 1:
        names = ", ".join(f"{i + 1} ({r.kind}, {len(r)} rows)" for i, r in enumerate(records))
        raise BadInput(f"{work.file} holds {len(records)} records; choose one with pick: {names}")
    chosen = work.pick or 1
    if not 1 <= chosen <= len(records):
        raise BadInput(f"{work.file} holds {len(records)} record(s); pick = {chosen} is none of them")
    record = records[chosen - 1]
    if work.kind is not None and not record.source.virtual:
        record = dataclasses.replace(record, source=dataclasses.replace(record.source, kind=work.kind))
    return Kept(records={"main": record})


def _do_predict(work: PredictStep, outcomes: Outcomes) -> Kept:
    terms = takes(work.technique)
    values = {word: terms[word].check(word, found.quantity) for word, found in found_of(work.values, outcomes).items()}
    sample, held = with_fitted(sample_of(work.sample, outcomes), work.values, outcomes)
    records = work.technique.predict(values, sample, _noise(work))
    return Kept(records={role: dataclasses.replace(r, doubts=(*r.doubts, *held)) for role, r in records.items()})


def _noise(work: PredictStep) -> np.random.Generator | None:
    """The draws of a prediction with a seed: a member's are its own, whoever else is in the family."""
    if work.seed is None:
        return None
    label = np.frombuffer(hashlib.sha256(work.member.encode()).digest(), dtype="<u4")
    key = tuple(int(word) for word in label) if work.member else ()
    return np.random.default_rng(np.random.SeedSequence(work.seed, spawn_key=key))


def _do_analyse(work: AnalyseStep, outcomes: Outcomes) -> Kept:
    if work.replicates:
        if same := twins({name: outcomes[name].records["main"] for name in work.replicates}):
            raise BadInput(f"replicates: {same} hold the same record; a cell counts once")
        return Kept(result=pooled({name: _analysed(work, {"main": name}, outcomes) for name in work.replicates}))
    result = _analysed(work, work.records, outcomes)
    return Kept(result=result.drawn(work.technique.draw(result)))


def _analysed(work: AnalyseStep, roles: Mapping[str, str], outcomes: Outcomes) -> Result:
    """The result of one cell; the facts that its main record states of it win over the sample's."""
    records: dict[str, Record] = {}
    for role, name in roles.items():
        given = outcomes[name].records
        whole = role == "main" and not work.by_role
        records |= {**given} if whole else {role: given[role] if role in given else given["main"]}
    sample = sample_of(work.sample, outcomes).with_facts(outcomes[roles["main"]].facts if "main" in roles else {})
    sample = sample.with_facts(_told(work, outcomes))
    return named(work.technique.analyse(records, sample), sample, records)


def _told(work: AnalyseStep, outcomes: Outcomes) -> dict[str, Fact]:
    """The facts that an analysis is given: written out by whoever wrote the study, or found by other steps."""
    facts = {}
    for word, found in found_of(work.facts, outcomes).items():
        given = work.facts[word]
        kind = cast("Kind", found.kind) if isinstance(given, Expression) else "measured"
        place = given.text if isinstance(given, Expression) else "the study"
        facts[word] = known_fact(word, Fact(found.quantity, Source(kind, place=place)))
    return facts


def _do_trend(work: TrendStep, outcomes: Outcomes) -> Kept:
    return Kept(result=trend(work, outcomes))


def _do_fit(work: FitStep, outcomes: Outcomes) -> Kept:
    return Kept(result=fitted(work, outcomes))


def _do_rivals(work: RivalsStep, outcomes: Outcomes) -> Kept:
    return Kept(result=rivals(work, outcomes))


def _do_inside(work: InsideStep, outcomes: Outcomes) -> Kept:
    values = {
        word: FACTS[word].term.check(word, each.quantity) for word, each in found_of(work.values, outcomes).items()
    }
    sample, held = with_fitted(sample_of(work.sample, outcomes), work.values, outcomes)
    seen = look(sample, values, work.grains, work.currents, work.show)
    seen = dataclasses.replace(seen, doubts=(*held, *seen.doubts))
    if work.ranges is None:
        return Kept(result=seen)
    told = forecast(work.ranges, outcomes)
    return Kept(
        result=dataclasses.replace(
            seen,
            values={**{word: q for word, q in seen.values.items() if word not in work.ranges.gives}, **told.values},
            curves={**seen.curves, **told.curves},
            limits={**seen.limits, **told.limits},
            doubts=tuple(dict.fromkeys((*seen.doubts, *told.doubts))),
        )
    )


def _do_forecast(work: ForecastStep, outcomes: Outcomes) -> Kept:
    return Kept(result=forecast(work, outcomes))


_DOERS: Mapping[type, Callable[[Any, Outcomes], Kept]] = {
    SampleStep: _do_sample,
    RecordStep: _do_record,
    PredictStep: _do_predict,
    AnalyseStep: _do_analyse,
    TrendStep: _do_trend,
    FitStep: _do_fit,
    RivalsStep: _do_rivals,
    ForecastStep: _do_forecast,
    InsideStep: _do_inside,
}
