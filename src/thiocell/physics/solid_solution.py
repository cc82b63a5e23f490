"""A guest that dissolves in a host up to a limit, and stretches its cell in proportion (Vegard's law)."""


def dissolvable(host: float, limit: float) -> float:
    """Moles of guest that ``host`` moles can hold when the guest's share of host and guest is at most ``limit``.

    share = guest/(host + guest) <= limit, so guest <= host limit/(1 - limit).
    """
    return host * limit / (1.0 - limit)


def edge(share: float, pure: float, other: float, other_share: float) -> float:
    """Cell edge at a guest's ``share``, on the line through ``pure`` at 0 and ``other`` at ``other_share`` (Vegard)."""
    return pure + (other - pure) * share / other_share
