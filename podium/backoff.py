"""How long to wait before a process that ended is started again."""

FIRST_S = 0.1
"""A single death costs next to nothing."""
CAP_S = 10.0
"""A process that cannot start is tried six times a minute: cheap, and soon back once its reason is gone."""
HEALTHY_AFTER_S = 10.0
"""Having lived this long, a process starts counting its ends anew."""


def pause_s(ends_in_a_row: int, chance: float) -> float:
    """Doubling from FIRST_S to CAP_S; the upper half is left to `chance` (0 to 1), so that what died together does not return together."""
    full: float = min(CAP_S, FIRST_S * 2.0 ** min(ends_in_a_row, 16))
    return full * (0.5 + chance / 2)


def ends_in_a_row(before: int, lived_s: float) -> int:
    return 0 if lived_s >= HEALTHY_AFTER_S else before + 1
