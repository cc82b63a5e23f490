"""How each verb of a study is done, which code it uses, and what its outcome depends on."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from thiocell import __version__
from thiocell.chemistry import properties
from thiocell.core.bad_input import BadInput
from thiocell.core.fact import Fact
from thiocell.core.quantity import Quantity
from thiocell.core.record import Record
from thiocell.core.sample import Sample
from thiocell.readers import identify, read
from thiocell.studies.batch import pooled
from thiocell.studies.code import code_of
from thiocell.studies.expression import Expression
from thiocell.studies.lookup import evaluate
from thiocell.studies.outcome import Outcome
from thiocell.studies.store import Kept
from thiocell.studies.study import AnalyseStep, PredictStep, RecordStep, SampleStep, Step, TrendStep
from thiocell.studies.trend import trend

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
        "seed": step.work.seed if isinstance(step.work, PredictStep) else None,
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
    work = step.work
    if isinstance(work, SampleStep):
        system = work.sample.system
        return ("thiocell.chemistry", *([f"thiocell.chemistry.systems.{system}"] if system else []))
    if isinstance(work, RecordStep):
        if work.file is None:
            return ("thiocell.core.record",)
        return ("thiocell.readers", f"thiocell.readers.{work.reader or identify(work.file)}")
    if isinstance(work, (PredictStep, AnalyseStep)):
        return (f"thiocell.techniques.{work.technique_name}", "thiocell.studies.batch")
    return ("thiocell.studies.trend",)


def _hash_of(file: Path) -> str:
    if not file.is_file():
        raise BadInput(f"{file} is not a file; name an existing one")
    with file.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _do_sample(work: SampleStep, _: Outcomes) -> Kept:
    """The sample, knowing what its recipe implies; what the study states wins over what is derived."""
    sample = work.sample
    if not sample.system:
        return Kept(sample)
    result = properties(sample)
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
    if work.kind is not None:
        record = dataclasses.replace(record, source=dataclasses.replace(record.source, kind=work.kind))
    return Kept(records={"main": record})


def _do_predict(work: PredictStep, outcomes: Outcomes) -> Kept:
    values: dict[str, Quantity] = {}
    for word, given in work.values.items():
        found = evaluate(given, outcomes).quantity if isinstance(given, Expression) else given
        values[word] = work.technique.gives[word].check(word, found)
    rng = None if work.seed is None else np.random.default_rng(work.seed)
    return Kept(records=dict(work.technique.predict(values, _sample(work.sample, outcomes), rng)))


def _do_analyse(work: AnalyseStep, outcomes: Outcomes) -> Kept:
    sample = _sample(work.sample, outcomes)
    if work.replicates:
        cells = {}
        for name in work.replicates:
            here = sample.with_facts(_facts(name, outcomes))
            cells[name] = work.technique.analyse(outcomes[name].records, here)
        return Kept(result=pooled(cells))
    records: dict[str, Record] = {}
    for role, name in work.records.items():
        given = outcomes[name].records
        records |= {**given} if role == "main" else {role: given["main"]}
        sample = sample.with_facts(_facts(name, outcomes))
    result = work.technique.analyse(records, sample)
    return Kept(result=result.drawn(work.technique.draw(result)))


def _do_trend(work: TrendStep, outcomes: Outcomes) -> Kept:
    return Kept(result=trend(work, outcomes))


def _sample(name: str, outcomes: Outcomes) -> Sample:
    sample = outcomes[name].sample
    if sample is None:
        raise BadInput(f"'{name}' is no sample")
    return sample


def _facts(name: str, outcomes: Outcomes) -> Mapping[str, Fact]:
    """Facts of the one cell that a record was taken from."""
    return outcomes[name].facts


_DOERS: Mapping[type, Callable[[Any, Outcomes], Kept]] = {
    SampleStep: _do_sample,
    RecordStep: _do_record,
    PredictStep: _do_predict,
    AnalyseStep: _do_analyse,
    TrendStep: _do_trend,
}
