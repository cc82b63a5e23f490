"""What each verb of a study declares: its table turned into steps, one for each member of a family."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import numpy as np

from thiocell.chemistry import SYSTEMS
from thiocell.core.bad_input import BadInput, choices
from thiocell.core.quantity import Quantity
from thiocell.core.record import Column, Record
from thiocell.core.sample import Sample
from thiocell.core.source import KINDS, Kind, Source
from thiocell.core.technique import Technique
from thiocell.physics.trend_laws import LAWS
from thiocell.readers import READERS
from thiocell.readers._column_map import ColumnMap, check_column
from thiocell.studies import family as families_
from thiocell.studies.expression import Expression, parse, split
from thiocell.studies.family import Family, spread
from thiocell.studies.settings import build
from thiocell.studies.study import AnalyseStep, PredictStep, RecordStep, SampleStep, Step, TrendStep, Work
from thiocell.studies.table import Table, quantity
from thiocell.techniques import TECHNIQUES

_RECORD_KEYS = (
    "file",
    "reader",
    "pick",
    "columns",
    "layout",
    "sha256",
    "sample",
    "facts",
    "kind",
    "values",
    "source",
    "place",
)


def refers(verb: str, table: Table) -> tuple[str, ...]:
    """The names of the steps that a table uses, as written; ill-typed ones are found out later."""
    entries = table.entries
    found = [entries.get("sample")] if verb != "sample" else []
    if verb == "analyse":
        records = entries.get("records", [])
        found += list(records.values()) if isinstance(records, dict) else [records]
        found += list(entries["replicates"]) if isinstance(entries.get("replicates"), list) else []
    if verb == "predict" and isinstance(entries.get("values"), dict):
        found += [split(name)[0] for text in entries["values"].values() for name in _used(text)]
    if verb == "trend":
        found.append(split(str(entries.get("of", "")))[0])
    return tuple(dict.fromkeys(name for name in found if isinstance(name, str) and name))


def _used(text: object) -> tuple[str, ...]:
    """Names of values in a text that is an expression rather than a quantity."""
    if not isinstance(text, str):
        return ()
    try:
        return parse(text).names
    except BadInput:
        return ()


@dataclass(frozen=True)
class Workshop:
    """What a maker works with: its own table and the families and steps that stand already."""

    name: str
    table: Table
    folder: Path
    paper: str
    families: Mapping[str, Family]
    steps: Mapping[str, Step]

    def family_of(self, ref: str) -> Family:
        """The family that a reference means: a lone one if it names a member."""
        if ref in self.steps:
            return Family()
        if ref not in self.families:
            raise BadInput(f"there is no sound step '{ref}'; there are {choices(set(self.families))}")
        return self.families[ref]

    def member(self, ref: str, end: str) -> str:
        """The step's name that ``ref`` means for the member ``end``."""
        return ref if ref in self.steps else ref + end

    def each(
        self, refs: tuple[str, ...], make: Callable[[str, Mapping[str, Quantity]], Work]
    ) -> tuple[list[Step], Family]:
        """One step for each member of the family that the ``refs`` have in common."""
        family = families_.common({ref: self.family_of(ref) for ref in refs if ref})
        verb = self.table.where.rpartition("[")[2].partition(".")[0]
        steps = []
        for end, coordinates in family.members.items():
            needs = tuple(dict.fromkeys(self.member(ref, end) for ref in refs if ref))
            steps.append(Step(self.name + end, verb, self.table.where, make(end, coordinates), needs))
        return steps, family

    def technique(self, *reserved: str) -> tuple[str, Technique]:
        """The table's technique with its settings: all keys that are not ``reserved``."""
        name = self.table.text("technique")
        if not name:
            raise BadInput(f"the technique is missing; there are {choices(TECHNIQUES.names)}")
        return name, build(name, TECHNIQUES.find(name), self.table.rest("technique", *reserved))

    def kind_of(self, ref: str, *kinds: type[Work]) -> None:
        """Raise BadInput unless ``ref`` is a step of one of these kinds."""
        step = self.steps.get(ref) or next((s for n, s in self.steps.items() if n.startswith(f"{ref}[")), None)
        if step is not None and not isinstance(step.work, kinds):
            raise BadInput(f"'{ref}' is a {step.verb} step, which has nothing of the sort wanted here")


def make_sample(shop: Workshop) -> tuple[list[Step], Family]:
    """A sample, or a family of them where its recipe or state holds lists."""
    table = shop.table
    table.only("system", "recipe", "facts", "state")
    system = table.text("system", "")
    known = SYSTEMS.find(system) if system else None
    axes: dict[str, list[Quantity]] = {}
    fixed: dict[str, dict[str, Quantity]] = {"recipe": {}, "state": {}}
    for part, found in fixed.items():
        for word, value in table.table(part).items():
            if isinstance(value, list):
                axes[word] = [quantity(item) for item in value]
            else:
                found[word] = quantity(value)
    family = spread(axes)
    facts = table.facts("facts", shop.paper)
    steps = []
    for end, coordinates in family.members.items():
        parts = {
            part: {word: coordinates.get(word, fixed[part].get(word)) for word in table.table(part)} for part in fixed
        }
        recipe, state = ({k: q for k, q in parts[part].items() if q is not None} for part in ("recipe", "state"))
        sample = Sample(shop.name + end, system, recipe, facts, state)
        if known is not None:
            known.checked_recipe(sample)
            known.checked_state(sample)
            known.checked_parameters(sample)
        steps.append(Step(shop.name + end, "sample", table.where, SampleStep(sample)))
    return steps, family


def make_record(shop: Workshop) -> tuple[list[Step], Family]:
    """A file's record or numbers written in the study; a family wants one file a member."""
    table = shop.table
    table.only(*_RECORD_KEYS)
    sample = table.text("sample", "")
    reader = table.text("reader", "columns" if "columns" in table.entries else "")
    if reader:
        READERS.find(reader)
    if "columns" in table.entries or "layout" in table.entries:
        ColumnMap.from_table(table.table("columns"), "columns", table.table("layout"))
    files = _files(table)
    inline = _inline(shop) if "values" in table.entries else None
    if (inline is None) == (not files):
        raise BadInput("write either 'file' or 'values'")
    common = RecordStep(
        inline=inline,
        reader=reader,
        pick=table.whole("pick"),
        columns=table.table("columns"),
        layout=table.table("layout"),
        sha256=table.text("sha256", ""),
        kind=_source_kind(table) if "source" in table.entries else None,
        facts=table.facts("facts", shop.paper),
    )
    family = shop.family_of(sample) if sample else Family()
    if files and len(files) != len(family.members):
        raise BadInput(f"there are {len(files)} files for {len(family.members)} members; write one file a member")
    by_end = dict(zip(family.members, files or [""] * len(family.members), strict=True))

    def make(end: str, _: Mapping[str, Quantity]) -> RecordStep:
        place = shop.folder / by_end[end] if files else None
        return replace(common, file=place, sample=shop.member(sample, end) if sample else "")

    return shop.each((sample,), make)


def _files(table: Table) -> list[str]:
    given = table.entries.get("file", [])
    files = given if isinstance(given, list) else [given]
    if not all(isinstance(name, str) and name for name in files):
        raise BadInput(f"file: {given!r} is not a file name or a list of them")
    return files


def _source_kind(table: Table) -> Kind:
    kind = table.text("source", "measured")
    if kind not in KINDS:
        raise BadInput(f"source: '{kind}' is not a kind of source; choose from {', '.join(KINDS)}")
    return cast("Kind", kind)


def _inline(shop: Workshop) -> Record:
    """The record that a table writes out: values = { current = { unit = 'mA', values = [...] } }."""
    columns = {}
    for word, entry in shop.table.table("values").items():
        if not isinstance(entry, dict) or set(entry) != {"unit", "values"} or not isinstance(entry["values"], list):
            raise BadInput(f"values.{word}: write {{ unit = 'mA', values = [1.0, 2.0] }}")
        try:
            numbers = np.array(entry["values"], dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise BadInput(f"values.{word}: the list holds something that is not a number") from error
        try:
            check_column(word, str(entry["unit"]))
        except BadInput as error:
            raise BadInput(f"values.{word}: {error}") from error
        columns[word] = Column(numbers, str(entry["unit"]))
    kind = _source_kind(shop.table)
    place = shop.table.text("place", shop.table.where)
    source = Source(kind, shop.paper if kind == "paper" else "", place)
    return Record(shop.name, shop.table.text("kind", "cycling"), columns, source)


def make_predict(shop: Workshop) -> tuple[list[Step], Family]:
    """A virtual experiment."""
    table = shop.table
    name, technique = shop.technique("sample", "values", "seed")
    sample = table.text("sample")
    shop.kind_of(sample, SampleStep)
    values = {word: _value(name, technique, word, given) for word, given in table.table("values").items()}
    used = tuple(split(n)[0] for value in values.values() if isinstance(value, Expression) for n in value.names)
    seed = table.whole("seed")

    def make(end: str, _: Mapping[str, Quantity]) -> PredictStep:
        return PredictStep(name, technique, shop.member(sample, end), _for_member(shop, values, end), seed)

    return shop.each((sample, *used), make)


def _value(name: str, technique: Technique, word: str, given: object) -> Quantity | Expression:
    if word not in technique.gives:
        raise BadInput(f"values.{word}: {name} takes no such value; it takes {choices(set(technique.gives))}")
    if isinstance(given, str) and _used(given):
        return parse(given)
    return technique.gives[word].check(f"values.{word}", quantity(given))


def _for_member(
    shop: Workshop, values: Mapping[str, Quantity | Expression], end: str
) -> dict[str, Quantity | Expression]:
    """The values with references to a family turned to the member ``end`` of it."""
    found: dict[str, Quantity | Expression] = {}
    for word, value in values.items():
        if isinstance(value, Expression):
            text = value.text
            for name in value.names:
                step, item = split(name)
                text = text.replace(name, f"{shop.member(step, end)}.{item}")
            value = parse(text)  # noqa: PLW2901
        found[word] = value
    return found


def make_analyse(shop: Workshop) -> tuple[list[Step], Family]:
    """An analysis of one record or more, or of replicate cells."""
    table = shop.table
    name, technique = shop.technique("sample", "records", "replicates")
    records = table.entries.get("records", {})
    roles = {"main": records} if isinstance(records, str) else records
    replicates = table.entries.get("replicates", [])
    if not isinstance(roles, dict) or not all(isinstance(ref, str) for ref in roles.values()):
        raise BadInput("records: write the name of a record step, or { main = 'a', blank = 'b' }")
    if not isinstance(replicates, list) or not all(isinstance(ref, str) for ref in replicates):
        raise BadInput("replicates: write a list of record steps, one a cell")
    if len(set(replicates)) < len(replicates):
        raise BadInput("replicates: a cell stands there twice; name each once")
    if bool(roles) == bool(replicates):
        raise BadInput("write either 'records' or 'replicates'")
    refs = (*roles.values(), *replicates)
    for ref in refs:
        shop.kind_of(ref, RecordStep, PredictStep)
    sample = _one_sample(shop, table.text("sample", ""), tuple(replicates) or (roles.get("main", refs[0]),))
    shop.kind_of(sample, SampleStep)

    def make(end: str, _: Mapping[str, Quantity]) -> AnalyseStep:
        chosen = {role: shop.member(ref, end) for role, ref in roles.items()}
        cells = tuple(shop.member(ref, end) for ref in replicates)
        return AnalyseStep(name, technique, shop.member(sample, end), chosen, cells)

    return shop.each((sample, *refs), make)


def _one_sample(shop: Workshop, stated: str, refs: tuple[str, ...]) -> str:
    """The sample that all of ``refs`` were taken on; raises BadInput if they differ, or from the ``stated`` one."""
    sample = stated or _sample_of(shop, refs[0])
    for ref in refs:
        own = _sample_of(shop, ref, sample)
        if own != sample:
            raise BadInput(f"'{ref}' was taken on '{own}', not on '{sample}'; analyse cells of one sample together")
    return sample


def _sample_of(shop: Workshop, ref: str, default: str = "") -> str:
    """The sample that a record or predict step was made on, without its member's ending."""
    step = shop.steps.get(ref) or next((s for n, s in shop.steps.items() if n.startswith(f"{ref}[")), None)
    if step is None or not isinstance(step.work, (RecordStep, PredictStep)) or not step.work.sample:
        if default:
            return default
        raise BadInput(f"sample: '{ref}' names no sample of its own; write sample = 'NAME'")
    return step.work.sample if ref in shop.steps else step.work.sample.partition("[")[0]


def make_trend(shop: Workshop) -> tuple[list[Step], Family]:
    """One value against an axis of a family."""
    table = shop.table
    table.only("of", "against", "law")
    base, value = split(table.text("of"))
    if not base:
        raise BadInput("of: write 'step.value', the step being one on a family")
    family = shop.family_of(base)
    axes = next(iter(family.members.values()))
    if not axes:
        raise BadInput(f"of: '{base}' has a single member; a trend needs a sample whose recipe or state holds a list")
    against = table.text("against", next(iter(axes)))
    if against not in axes:
        raise BadInput(f"against: the family has no axis '{against}'; it has {choices(set(axes))}")
    law = table.text("law", "line")
    if law not in LAWS:
        raise BadInput(f"law: there is no law '{law}'; there are {choices(set(LAWS))}")
    if len(axes) > 1:
        raise BadInput(f"of: '{base}' varies along {', '.join(axes)}; a trend wants a family with one axis")
    members = tuple((base + end, point[against]) for end, point in family.members.items())
    work = TrendStep(value, against, law, members)
    return [Step(shop.name, "trend", table.where, work, tuple(name for name, _ in members))], Family()


MAKERS: Mapping[str, Callable[[Workshop], tuple[list[Step], Family]]] = {
    "sample": make_sample,
    "record": make_record,
    "predict": make_predict,
    "analyse": make_analyse,
    "trend": make_trend,
}
