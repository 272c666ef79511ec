"""A page of a list: one query for the rows, one for the total, in the shape that every list answers with."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from contest.store.connect import Connection


class Page(NamedTuple):
    """`offset` rows are left out, at most `limit` are given."""

    offset: int = 0
    limit: int = 100


async def paged(
    connection: Connection,
    query: str,
    order: str,
    arguments: Sequence[Any],
    page: Page,
    shape: Callable[[Mapping[str, Any]], Mapping[str, Any]],
) -> dict[str, Any]:
    """`{"total": n, "items": [...]}` of `query`, which is ours and never holds anything from outside."""
    here = len(arguments)
    rows = await connection.fetch(f"{query} ORDER BY {order} LIMIT ${here + 1} OFFSET ${here + 2}", *arguments, page.limit, page.offset)
    total = await connection.fetchval(f"SELECT count(*) FROM ({query}) AS counted", *arguments)  # noqa: S608 - see the docstring
    return {"total": total, "items": [dict(shape(row)) for row in rows]}
