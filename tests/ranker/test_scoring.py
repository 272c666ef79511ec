"""The tally fed from PostgreSQL: what is named is read anew, and never under rules that no longer hold."""

import asyncpg
import pytest

from contest.broker.changes import Changes
from contest.domain.boards import apply
from ranker.scoring import ContestGone, Scorer
from tests.contest_rows import ContestRows
from tests.ranker.conftest import folded

pytestmark = pytest.mark.anyio


async def test_only_what_is_named_is_read_and_deleted_runs_go(contest: ContestRows, pool: asyncpg.Pool) -> None:
    scorer = Scorer(pool, contest.id)
    await scorer.load()
    one, two = await contest.submit("ann", "A", 60.0), await contest.submit("ben", "A", 70.0)
    await contest.judge("ann", one, "AC")
    await scorer.take_in(Changes("1-0", frozenset({one})))
    assert {row.name: len(row.cells) for row in scorer.board("full").rows} == {"ann": 1, "ben": 0}
    await scorer.take_in(Changes("2-0", frozenset({two})))
    assert scorer.board("full") == await folded(contest, "full")
    await pool.execute("UPDATE podium_submission SET deleted_at = now() WHERE id = $1", one)
    await scorer.take_in(Changes("3-0", frozenset({one})))
    assert scorer.board("full") == await folded(contest, "full")


async def test_steps_lead_from_board_to_board_also_past_a_reading_of_everything(contest: ContestRows, pool: asyncpg.Pool) -> None:
    scorer = Scorer(pool, contest.id)
    await scorer.load()
    board = scorer.board("full")
    one, two = await contest.submit("ann", "A", 60.0), await contest.submit("ben", "B", 2000.0)
    await scorer.take_in(Changes("1-0", frozenset({one})))
    await contest.change("frozen_from_s", 1000.0, fresh=True)
    await contest.judge("ben", two, "AC")
    await scorer.take_in(Changes("2-0", frozenset({two})))
    step = scorer.step("full")
    assert step is not None
    assert apply(board, step) == scorer.board("full") == await folded(contest, "full")
    assert scorer.step("full") is None
    await scorer.load()
    assert scorer.step("full") is None


async def test_a_verdict_that_came_after_a_freeze_is_not_read_under_the_rules_before_it(contest: ContestRows, pool: asyncpg.Pool) -> None:
    """The change was named before the freeze was, but its verdict is younger than the freeze."""
    scorer = Scorer(pool, contest.id)
    await scorer.load()
    frozen = await contest.submit("ann", "A", 60.0)
    await contest.change("frozen_from_s", 50.0, fresh=True)
    await contest.judge("ann", frozen, "AC")
    await scorer.take_in(Changes("1-0", frozenset({frozen})))
    assert not any(row.solved for row in scorer.board("public").rows)
    assert any(row.solved for row in scorer.board("full").rows)


async def test_a_contest_that_is_gone_is_told(contest: ContestRows, pool: asyncpg.Pool) -> None:
    await pool.execute("DELETE FROM podium_contest WHERE contest_id = $1", contest.id)
    with pytest.raises(ContestGone):
        await Scorer(pool, contest.id).load()
