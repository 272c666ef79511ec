"""Reads a file of people, CSV or JSON, into entries; whatever is wrong in it is a fault with its line. Who of them is known already is
`contest/domain/importing.py`'s.

In CSV the first line names the columns, in any order; commas, semicolons or tabs part the cells. A column that is not there leaves what it
is about as it is; an empty cell (in JSON: null) is what somebody new would have.
"""

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec
from msgspec import UNSET

from contest.domain.importing import Entry, Faults, check_once

ROWS_MOST = 100_000
GROUPS_MOST = 20
"""Of one person."""
CELL_MOST_CHARS = 131_072
"""What Python's csv takes."""
JSON = "application/json"
CSV = "text/csv"

_WHOLE = re.compile(r"[0-9]{1,9}")
_FACTOR = re.compile(r"[0-9]{1,3}([.,][0-9]{1,9})?")
_TRUTH = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
YEAR_S = 31_536_000


class _Wrong(Exception):  # noqa: N818 - what is wrong with one value
    pass


def read(raw: bytes, media_type: str) -> tuple[list[Entry], int, Faults]:
    """The entries that are right, how many rows there are, and what is wrong."""
    faults = Faults()
    text = _decoded(raw, faults)
    if text is None:
        return [], 0, faults
    rows = _json_rows(text, faults) if media_type == JSON else _csv_rows(text, faults)
    entries: list[Entry] = []
    external_ids: list[tuple[int, str]] = []
    count = 0
    for line, values in rows:
        count += 1
        if count > ROWS_MOST:
            faults.add(line, "", f"is one row too many; a file has at most {ROWS_MOST:,}")
            break
        if values is None:
            continue
        if isinstance(external_id := values.get("external_id"), str) and (external_id := external_id.strip()):
            external_ids.append((line, external_id[:100]))
        if (entry := _entry(line, values, faults, from_text=media_type != JSON)) is not None:
            entries.append(entry)
    check_once(external_ids, faults)
    return entries, min(count, ROWS_MOST), faults


def _decoded(raw: bytes, faults: Faults) -> str | None:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in raw[:200]:
        faults.add(1, "", "is UTF-16; save the file as UTF-8 (in a spreadsheet: CSV UTF-8)")
        return None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line, byte = raw.count(b"\n", 0, error.start) + 1, raw[error.start]
        faults.add(line, "", f"is not UTF-8 (byte 0x{byte:02X}), probably Latin-1 or Windows-1252; save the file as UTF-8 (CSV UTF-8)")
        return None


def _csv_rows(text: str, faults: Faults) -> Iterator[tuple[int, dict[str, Any] | None]]:
    """(line, cells by column) of each row that is not empty; None for the cells: they do not fit the columns."""
    first = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count), strict=True)
    columns: list[str] | None = None
    line = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                if columns is None:
                    columns = _columns(cells, faults)
                    if columns is None:
                        return
                else:
                    yield line, _cells(line, columns, cells, faults)
            line = reader.line_num + 1
    except csv.Error as error:
        faults.add(line, "", _said(str(error)))
        return
    if columns is None:
        faults.add(1, "", f"is empty; the first line names the columns: {', '.join(FIELDS)}")


def _said(error: str) -> str:
    if "field limit" in error:
        return f"has a cell of more than {CELL_MOST_CHARS:,} characters, or a quotation mark that is not closed"
    if "unexpected end" in error:
        return "has a quotation mark that is not closed"
    return f"is no CSV: {error}"


def _columns(cells: Sequence[str], faults: Faults) -> list[str] | None:
    names = [cell.strip().lower() for cell in cells]
    while names and not names[-1]:
        names.pop()
    for name in names:
        if name not in FIELDS:
            faults.add(1, name[:100], f"is no column here; the columns are {', '.join(FIELDS)}")
    for name in {name for name in names if name in FIELDS and names.count(name) > 1}:
        faults.add(1, name, "is there twice")
    if not {"name", "external_id"} & set(names):
        faults.add(1, "name", "is missing; without it, external_id has to be there")
    return names if faults.count == 0 else None


def _cells(line: int, columns: Sequence[str], cells: Sequence[str], faults: Faults) -> dict[str, Any] | None:
    """Spreadsheets leave out the last cells where they are empty."""
    if any(cell.strip() for cell in cells[len(columns) :]):
        faults.add(line, "", f"has {len(cells)} cells, but there are {len(columns)} columns")
        return None
    return dict(zip(columns, [*cells, *[""] * (len(columns) - len(cells))], strict=False))


def _json_rows(text: str, faults: Faults) -> Iterator[tuple[int, dict[str, Any] | None]]:
    """The same of a list; an item's number is its line. Items are decoded one by one: the whole at once would hold up other threads."""
    try:
        items = msgspec.json.decode(text, type=list[msgspec.Raw])
    except (msgspec.DecodeError, RecursionError) as error:
        faults.add(1, "", f"is no JSON list: {error}")
        return
    for number, item in enumerate(items, 1):
        try:
            yield number, msgspec.json.decode(item, type=dict[str, Any])
        except (msgspec.DecodeError, RecursionError) as error:
            faults.add(number, "", "is no object" if isinstance(error, msgspec.ValidationError) else f"is no JSON: {error}")
            yield number, None


def _entry(line: int, values: dict[str, Any], faults: Faults, *, from_text: bool) -> Entry | None:
    found: dict[str, Any] = {}
    before = faults.count
    for name, value in values.items():
        field = FIELDS.get(name)
        if field is None:
            faults.add(line, name[:100], f"is not known here; known are {', '.join(FIELDS)}")
            continue
        try:
            found[name] = field(value.strip() if isinstance(value, str) else value, from_text)
        except _Wrong as wrong:
            faults.add(line, name, str(wrong))
    if faults.count > before:
        return None
    if found.get("name", UNSET) is UNSET and found.get("external_id") is None:
        faults.add(line, "name", "is missing")
        return None
    return Entry(line, **found)


def _text(value: Any, most: int) -> str:
    if not isinstance(value, str):
        raise _Wrong("must be text")
    if len(value) > most:
        raise _Wrong(f"has {len(value):,} characters, at most {most:,} may be")
    if "\x00" in value:
        raise _Wrong("must not hold the character U+0000")
    return value


def _name(value: Any, _: bool) -> str:
    found = _text("" if value is None else value, 200)
    if not found:
        raise _Wrong("is empty")
    return found


def _external_id(value: Any, _: bool) -> str | None:
    return _text("" if value is None else value, 100) or None


def _accommodation(value: Any, _: bool) -> str:
    return _text("" if value is None else value, 1000)


def _groups(value: Any, from_text: bool) -> tuple[str, ...]:
    if value is None:
        return ()
    if from_text:
        value = value.split(";")
    if not isinstance(value, list):
        raise _Wrong("must be a list of names")
    names = tuple(dict.fromkeys(name for each in value if (name := _text(each, 200).strip())))
    if len(names) > GROUPS_MOST:
        raise _Wrong(f"names {len(names)} groups, at most {GROUPS_MOST} may be")
    return names


def _truth(default: bool) -> Callable[[Any, bool], bool]:
    def truth(value: Any, from_text: bool) -> bool:
        if value is None or (from_text and value == ""):
            return default
        found = _TRUTH.get(value.lower()) if from_text else value
        if not isinstance(found, bool):
            raise _Wrong("must be true or false")
        return found

    return truth


def _seconds(value: Any, from_text: bool) -> int:
    if value is None or (from_text and value == ""):
        return 0
    found = int(value) if from_text and _WHOLE.fullmatch(value) else value
    if not isinstance(found, int) or isinstance(found, bool) or not 0 <= found <= YEAR_S:
        raise _Wrong(f"must be a whole number of seconds from 0 to {YEAR_S}")
    return found


def _factor(value: Any, from_text: bool) -> float:
    if value is None or (from_text and value == ""):
        return 1.0
    found = float(value.replace(",", ".")) if from_text and _FACTOR.fullmatch(value) else value
    if not isinstance(found, int | float) or isinstance(found, bool) or not 1 <= found <= 10:
        raise _Wrong("must be a number from 1 to 10")
    return float(found)


FIELDS: dict[str, Callable[[Any, bool], Any]] = {
    "name": _name, "external_id": _external_id, "groups": _groups, "ranked": _truth(True), "hidden": _truth(False),
    "delay_s": _seconds, "extra_time_s": _seconds, "time_factor": _factor, "accommodation": _accommodation,
}  # fmt: skip
"""What a file may say of somebody, and how it is read from what stands there (True: from a cell)."""
