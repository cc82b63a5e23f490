"""One file a technique: potential_step.py holds PotentialStep, and study files write potential_step."""

from thiocell.core.shelf import Shelf
from thiocell.core.technique import Technique


def _take(name: str, module: object) -> type[Technique]:
    found: type[Technique] = getattr(module, name.title().replace("_", ""), None) or module  # type: ignore[assignment]
    return found


TECHNIQUES: Shelf[type[Technique]] = Shelf("technique", __name__, tuple(__path__), _take)
