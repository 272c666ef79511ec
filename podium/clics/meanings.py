"""A feed's own judgement types in Podium's words: a verdict keeps its name where both mean the same by it, else the plain word is taken."""

import re

from contest.domain.verdicts import judgement_type
from podium.clics.objects import JudgementType

_FITS = re.compile(r"[A-Z][A-Z0-9_-]{0,9}")
"""What the grading interface takes (docs/reference/rest.md)."""


def in_our_words(types: dict[str, JudgementType], verdict: str) -> str:
    """The verdict to post. A feed without types means what everybody means; a type that its list lacks is rejected with penalty."""
    ours = judgement_type(verdict)
    if not types:
        return verdict if _FITS.fullmatch(verdict) else "WA"
    told = types.get(verdict, JudgementType(verdict, solved=False, penalty=True))
    if _FITS.fullmatch(verdict) and told.solved == ours.solved and (told.solved or told.penalty == ours.penalty):
        return verdict
    return "AC" if told.solved else "WA" if told.penalty else "CE"
