"""One step of a study, begun, attempted and finished: whatever happens is told as its outcome."""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from thiocell.core.bad_input import BadInput
from thiocell.studies.doing import Ticket, do, ticket
from thiocell.studies.outcome import Outcome
from thiocell.studies.store import Kept, Store
from thiocell.studies.study import RecordStep, Step

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Fault:
    """Why a step did not finish: a ``sentence``, and where a step broke, the ``trace`` of it for developers."""

    sentence: str
    bad_input: bool = False
    trace: str = ""


@dataclass(frozen=True)
class Attempt:
    """What doing a step has left, or its fault, and how long that took in seconds."""

    made: Kept | Fault
    seconds: float


def begin(step: Step, outcomes: Mapping[str, Outcome], store: Store) -> Outcome | Ticket:
    """The outcome of a step that is skipped, kept, or fails before it is done; else the ticket it is to be done with.

    ``outcomes`` hold all that the step needs.
    """
    for need in step.needs:
        if outcomes[need].status in ("failed", "skipped"):
            return Outcome(
                step.name, step.verb, "skipped", error=f"it needs '{need}', which did not finish", needs=step.needs
            )
    began = time.perf_counter()
    try:
        slip = ticket(step, outcomes)
        known = store.find(slip.key)
    except Exception as error:  # a step that cannot begin is told like one that breaks
        return _failed(step, _fault(error))
    if known is None:
        return slip
    return replace(_finished(step, slip, known), status="kept", seconds=time.perf_counter() - began)


def attempt(step: Step, outcomes: Mapping[str, Outcome]) -> Attempt:
    """Do a step; nothing is raised and nothing kept."""
    began = time.perf_counter()
    made: Kept | Fault
    try:
        made = do(step, outcomes)
    except Exception as error:  # an engine broke: the other steps must still be done
        made = _fault(error)
    return Attempt(made, time.perf_counter() - began)


def finish(step: Step, slip: Ticket, tried: Attempt, store: Store) -> Outcome:
    """Keep what the attempt has left; the outcome."""
    made = tried.made
    if isinstance(made, Fault):
        return _failed(step, made)
    try:
        _keep(step, slip, made, tried.seconds, store)
    except Exception as error:  # a result that cannot be kept is told like a step that breaks
        return _failed(step, _fault(error))
    return replace(_finished(step, slip, made), seconds=tried.seconds)


def settled(step: Step, begun: Outcome | Ticket, outcomes: Mapping[str, Outcome], store: Store) -> Outcome:
    """The outcome of a step that has begun; it is done now if it has to be."""
    return begun if isinstance(begun, Outcome) else finish(step, begun, attempt(step, outcomes), store)


def _keep(step: Step, slip: Ticket, made: Kept, seconds: float, store: Store) -> None:
    doubts = list(made.result.doubts) if made.result else [d for r in (made.records or {}).values() for d in r.doubts]
    finished = datetime.now(UTC).isoformat(timespec="milliseconds")
    prov = {**slip.prov, "doubts": doubts, "seconds": round(seconds, 6), "finished": finished}
    store.save(slip.key, step.name, made, prov)


def _finished(step: Step, slip: Ticket, kept: Kept) -> Outcome:
    facts = step.work.facts if isinstance(step.work, RecordStep) else {}
    found = kept.sample, kept.result, kept.records or {}
    return Outcome(step.name, step.verb, "done", *found, facts=facts, key=slip.key, needs=step.needs)


def _fault(error: Exception) -> Fault:
    if isinstance(error, BadInput):
        return Fault(str(error), bad_input=True)
    return Fault(f"broke: {type(error).__name__}: {error}", trace="".join(traceback.format_exception(error)))


def _failed(step: Step, fault: Fault) -> Outcome:
    if not fault.bad_input:
        _LOG.error("step '%s' broke\n%s", step.name, fault.trace or fault.sentence)
    error = f"{step.where}: {fault.sentence}"
    return Outcome(step.name, step.verb, "failed", error=error, bad_input=fault.bad_input, needs=step.needs)
