"""Do the steps of a study in order, keep what they find, and judge its claims."""

from __future__ import annotations

import logging
import platform
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from thiocell import __version__
from thiocell.core.bad_input import BadInput
from thiocell.studies.claim import Verdict
from thiocell.studies.code import code_of
from thiocell.studies.doing import Ticket, do, technique_modules, ticket
from thiocell.studies.judge import judge
from thiocell.studies.outcome import Outcome, Run
from thiocell.studies.store import Kept, Store
from thiocell.studies.study import RecordStep, Step, Study

Tick = Callable[[str, str], None]
_LOG = logging.getLogger(__name__)


def run(study: Study, store: Store, tick: Tick = lambda _name, _status: None) -> Run:
    """Every step that can be done is done, or taken from the store if nothing it depends on changed.

    ``tick`` hears each step's name and status, 'running' when it begins. A step that fails takes only those with it
    that need it.
    """
    store.place.mkdir(parents=True, exist_ok=True)
    store.sweep()
    outcomes: dict[str, Outcome] = {}
    for step in study.steps.values():
        tick(step.name, "running")
        outcomes[step.name] = _outcome(step, outcomes, store)
        tick(step.name, outcomes[step.name].status)
    verdicts: list[Verdict] = []
    faults: list[str] = []
    for claim in study.claims:
        found, wrong = judge(claim, outcomes)
        verdicts += [replace(verdict, stated=claim.tests) for verdict in found]
        faults += [f"{study.file} {fault}" for fault in wrong]
    return Run(study.name, study.title, study.about, outcomes, tuple(verdicts), _versions(study), tuple(faults))


def _outcome(step: Step, outcomes: dict[str, Outcome], store: Store) -> Outcome:
    blank = Outcome(step.name, step.verb, "done")
    for need in step.needs:
        if outcomes[need].status in ("failed", "skipped"):
            return replace(blank, status="skipped", error=f"it needs '{need}', which did not finish")
    began = time.perf_counter()
    try:
        slip = ticket(step, outcomes)
        status, kept = _kept_or_done(step, slip, outcomes, store)
    except BadInput as error:
        return replace(blank, status="failed", error=f"{step.where}: {error}", bad_input=True)
    except Exception as error:  # an engine broke: the other steps must still be done
        _LOG.exception("step '%s' broke", step.name)
        return replace(blank, status="failed", error=f"{step.where}: broke: {type(error).__name__}: {error}")
    facts = step.work.facts if isinstance(step.work, RecordStep) else {}
    return Outcome(
        step.name,
        step.verb,
        "kept" if status else "done",
        kept.sample,
        kept.result,
        kept.records or {},
        facts=facts,
        seconds=time.perf_counter() - began,
        key=slip.key,
    )


def _kept_or_done(step: Step, slip: Ticket, outcomes: dict[str, Outcome], store: Store) -> tuple[bool, Kept]:
    known = store.find(slip.key)
    if known is not None:
        return True, known
    began = time.perf_counter()
    kept = do(step, outcomes)
    doubts = list(kept.result.doubts) if kept.result else [d for r in (kept.records or {}).values() for d in r.doubts]
    finished = datetime.now(UTC).isoformat(timespec="milliseconds")
    seconds = round(time.perf_counter() - began, 6)
    store.save(slip.key, step.name, kept, {**slip.prov, "doubts": doubts, "seconds": seconds, "finished": finished})
    return False, kept


def _versions(study: Study) -> dict[str, str]:
    return versions(*{module: None for step in study.steps.values() for module in technique_modules(step)})


def versions(*modules: str) -> dict[str, str]:
    """The versions of thiocell, Python and every engine that any study uses, or one of ``modules``."""
    engines = code_of("thiocell.studies.doing", "thiocell.core.quantity", *modules).versions
    return {"thiocell": __version__, "python": platform.python_version(), **dict(engines)}


def default_store(folder: Path) -> Store:
    """The store of a study that keeps its results in ``folder``."""
    return Store(folder / ".store")
