"""What a verdict means for the score: the judgement types of CLICS (Contest API, "Known judgement types") as one table.

A verdict that the table does not know is a rejected run with penalty: a judge that invents a word must not give points away.
"""

from typing import NamedTuple


class JudgementType(NamedTuple):
    """`penalty`: a run rejected so costs penalty time once the problem is solved."""

    id: str
    name: str
    solved: bool = False
    penalty: bool = True


_KNOWN = (
    JudgementType("AC", "Accepted", solved=True, penalty=False),
    JudgementType("RE", "Rejected"),
    JudgementType("WA", "Wrong Answer"),
    JudgementType("PE", "Presentation Error"),
    JudgementType("NO", "No Output"),
    JudgementType("IO", "Incomplete Output"),
    JudgementType("EO", "Excessive Output"),
    JudgementType("OLE", "Output Limit Exceeded"),
    JudgementType("TLE", "Time Limit Exceeded"),
    JudgementType("WTL", "Wall Time Limit Exceeded"),
    JudgementType("ILE", "Idleness Limit Exceeded"),
    JudgementType("MLE", "Memory Limit Exceeded"),
    JudgementType("RTE", "Run-Time Error"),
    JudgementType("SV", "Security Violation"),
    JudgementType("IF", "Illegal Function"),
    JudgementType("CE", "Compile Error", penalty=False),
    JudgementType("CTL", "Compile Time Limit Exceeded", penalty=False),
    JudgementType("JE", "Judging Error", penalty=False),
    JudgementType("IE", "Internal Error", penalty=False),
    JudgementType("SE", "Submission Error", penalty=False),
    JudgementType("CS", "Contact Staff", penalty=False),
)

JUDGEMENT_TYPES: dict[str, JudgementType] = {known.id: known for known in _KNOWN}


def judgement_type(verdict: str) -> JudgementType:
    """What `verdict` means; never fails."""
    return JUDGEMENT_TYPES.get(verdict) or JudgementType(verdict, verdict)
