"""The one error that users cause and can mend."""


class BadInput(ValueError):
    """What was given cannot be used; one sentence says what, where and what would be right."""


def choices(words: object) -> str:
    """The words to choose from, sorted and joined for an error sentence."""
    listed = (
        sorted(str(word) for word in words) if isinstance(words, (set, frozenset, dict, list, tuple)) else [str(words)]
    )
    return ", ".join(listed) if listed else "none"
