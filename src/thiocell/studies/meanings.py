"""What the words of a study mean: a value of a step, and a number along which a family differs."""

from __future__ import annotations

import re
from collections.abc import Mapping

from thiocell.chemistry import SYSTEMS
from thiocell.chemistry.vocabulary import term
from thiocell.core.bad_input import BadInput
from thiocell.core.technique import Technique
from thiocell.core.term import Term
from thiocell.core.vocabulary import FACTS
from thiocell.studies.study import AnalyseStep, SampleStep, Step


def value_meaning(step: Step | None, word: str) -> Term | None:
    """What a value of ``step`` means, as its technique says with the settings that it has here, or as chemistry says.

    None if nobody says.
    """
    work = step.work if step is not None else None
    if isinstance(work, AnalyseStep):
        return _asked(work.technique, word)
    if isinstance(work, SampleStep) and work.sample.system:
        return term(word)
    return None


def axis_meaning(steps: Mapping[str, Step], step: Step | None, word: str) -> Term | None:
    """What a number of the recipe, the state or the facts of the sample of ``step`` means; None if nobody says."""
    whose = getattr(step.work, "sample", "") if step is not None else ""
    holder = step if step is not None and isinstance(step.work, SampleStep) else steps.get(str(whose))
    if holder is not None and isinstance(holder.work, SampleStep) and holder.work.sample.system:
        system = SYSTEMS.find(holder.work.sample.system)
        known = {**system.recipe, **system.state}
        if word in known:
            return known[word]
    return FACTS.get(word)


def _asked(technique: Technique, word: str) -> Term | None:
    try:
        terms = {**technique.gives, **technique.terms}
    except BadInput:  # the step itself says what is wrong with its settings
        return None
    means = getattr(technique, "means", lambda _: None)
    return terms.get(word) or means(word) or terms.get(re.sub(r"_\d+$", "_n", word))
