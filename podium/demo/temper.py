"""How a simulated contestant goes about it: pure, from a source of chance, so that a seed plays the same contest again."""

import random
from typing import NamedTuple

SUBMISSIONS_EACH = 10
"""About what an eager contestant hands in; it sets the pace whatever the contest's length."""


class Temper(NamedTuple):
    """`skill`: 0 to 1. `haste`: below 1 hands in sooner and is wrong more often."""

    skill: float
    haste: float


VISITOR = Temper(0.8, 1.2)
"""Nobody reads what a visitor writes: they are judged by chance as the simulated ones are, rather kindly."""


def temper(chance: random.Random) -> Temper:
    return Temper(min(1.0, max(0.05, chance.gauss(0.55, 0.22))), chance.uniform(0.6, 1.5))


def thinks_s(chance: random.Random, who: Temper, difficulty: float, duration_s: float) -> float:
    """Seconds before the next submission: harder takes longer, the skilled are quicker."""
    usual_s = duration_s / SUBMISSIONS_EACH * (0.5 + 1.3 * difficulty) * (1.5 - who.skill) * who.haste
    return min(chance.gammavariate(3, usual_s / 3), duration_s / 2)


def accepted_odds(who: Temper, difficulty: float, tries: int) -> float:
    """The odds that the next try is right. Those who failed have learned something."""
    return min(0.95, max(0.03, 0.42 + who.skill - 1.15 * difficulty + 0.08 * tries - (0.1 if who.haste < 1 else 0)))


def verdict(chance: random.Random, who: Temper, difficulty: float, tries: int) -> str:
    """A CLICS judgement type."""
    if chance.random() < accepted_odds(who, difficulty, tries):
        return "AC"
    return chance.choices(["WA", "TLE", "RTE", "CE", "MLE"], [60, 22, 10, 5, 3])[0]


def next_problem(chance: random.Random, who: Temper, difficulties: dict[str, float]) -> str:
    """The easiest that is left, as far as one can tell: the skilled misjudge less. Raises ValueError when none is left."""
    return min(difficulties, key=lambda label: difficulties[label] + chance.uniform(0, 0.35 * (1.3 - who.skill)))
