"""What an action says it would do: how many people it counts, and in which words."""

from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from msgspec.structs import replace

from contest.domain import contests as life
from contest.domain.audience import Feedback
from contest.domain.contests import Action
from contest.domain.effects import Effect, effect, more_time, span
from contest.domain.schedule import Turn
from tests.contest.domain.strategies import DRAFT, NEW

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
ONGOING = life.start(replace(DRAFT, duration_s=3600, freeze_after_s=None), NOON)
LATER = NOON + timedelta(seconds=1800)
PEOPLE = [Turn(), Turn(extra_s=600), Turn(handed_in_at="2026-11-24T12:10:00.000Z")]


def test_more_time_for_all_names_those_whom_it_reaches() -> None:
    longer = life.extend(ONGOING, 600)
    assert effect("extend", ONGOING, longer, PEOPLE, LATER) == Effect("adds 10 min for 2 people; 1 has already finished", 2, 1)


def test_more_time_for_some_does_not_count_whom_another_group_has_given_as_much() -> None:
    pairs = [(Turn(), Turn(extra_s=600)), (Turn(extra_s=900), Turn(extra_s=900)), (PEOPLE[2], replace(PEOPLE[2], extra_s=600))]
    assert more_time(ONGOING, 600, pairs, LATER) == Effect("adds 10 min for 1 person; 1 has as much already; 1 has already finished", 1, 1)


def test_whose_time_comes_back_with_more_of_it_has_not_finished() -> None:
    own = replace(ONGOING, own_time_s=600)
    spent = Turn(started_s=0.0)
    assert effect("pause", own, own, [spent], LATER).already_over == 1
    assert more_time(own, 1500, [(spent, replace(spent, extra_s=1500))], LATER).people == 1
    assert more_time(own, 600, [(spent, replace(spent, extra_s=600))], LATER).already_over == 1


def test_a_reopened_contest_counts_by_what_it_is_then() -> None:
    ended = life.end(ONGOING, NOON + timedelta(seconds=3600))
    again = life.reopen(ended, NOON + timedelta(seconds=7200), NEW, 300, 0, None)
    found = effect("reopen", ended, again, PEOPLE, NOON + timedelta(seconds=7200))
    assert found == Effect("lets 2 people go on; 1 has already finished", 2, 1)


@pytest.mark.parametrize("action", get_args(Action))
def test_every_action_has_its_words(action: Action) -> None:
    ended = replace(ONGOING, frozen_at=NOON, frozen_from_s=60.0)
    found = effect(action, ended, ended, PEOPLE, LATER)
    assert found.effect[0].islower()
    assert "people" in found.effect


@pytest.mark.parametrize(
    ("feedback", "thaw", "finalize"),
    [
        ("at_once", "shows the public all verdicts of 3 people", "makes the results of 3 people final"),
        (
            "after_end",
            "thaws the board; the verdicts of 3 people are withheld until the results are final",
            "makes the results of 3 people final, tells them their verdicts and shows them to the public",
        ),
        ("never", "thaws the board; the verdicts of 3 people are withheld for good", "makes the results of 3 people final"),
    ],
)
def test_what_is_withheld_is_said(feedback: Feedback, thaw: str, finalize: str) -> None:
    ended = replace(life.end(life.freeze(replace(ONGOING, feedback=feedback), LATER), LATER), feedback=feedback)
    final = life.finalize(ended, LATER, 0)
    assert effect("thaw", ended, life.thaw(ended, LATER), PEOPLE, LATER).effect == thaw
    thawed = life.thaw(ended, LATER)
    assert effect("finalize", thawed, life.finalize(thawed, LATER, 0), PEOPLE, LATER).effect == finalize
    frozen = finalize.replace(" and shows them to the public", "").replace("final, tells", "final and tells")
    assert effect("finalize", ended, final, PEOPLE, LATER).effect == frozen


@pytest.mark.parametrize(("seconds", "text"), [(0, "0 s"), (45, "45 s"), (600, "10 min"), (5400, "1 h 30 min"), (3601, "1 h 1 s")])
def test_spans(seconds: int, text: str) -> None:
    assert span(seconds) == text
