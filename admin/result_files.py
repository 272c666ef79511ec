"""Results as files: CSV in which no text is a formula, XLSX in which text is text, and names of files that every system takes."""

import csv
import io
import re
import unicodedata
from collections.abc import Sequence

import xlsxwriter

from contest.domain.results import Table, Value

CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

_FORMULA = re.compile(r"'*[=+\-@\t\r]")
"""What a spreadsheet takes for a formula (OWASP, CSV Injection), and what already looks like such a text made safe."""
_NO_XML = re.compile("[\ufffe\uffff]")
"""XlsxWriter writes other characters that XML forbids as `_xHHHH_`, which readers undo."""
SHEET_CELL_MOST_CHARS = 32_767


def safe(text: str) -> str:
    """Text that no spreadsheet takes for a formula: an apostrophe comes before it. `plain` undoes it."""
    return f"'{text}" if _FORMULA.match(text) else text


def plain(cell: str) -> str:
    """What a text was before `safe`."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def as_csv(table: Table) -> bytes:
    """UTF-8 with a byte order mark, for without it spreadsheets guess; lines end with CR LF (RFC 4180)."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([safe(column) for column in table.columns])
    writer.writerows([_cell(value) for value in row] for row in table.rows())
    return text.getvalue().encode("utf-8-sig")


def _cell(value: Value) -> Value:
    """Numbers stay numbers."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return safe(value) if isinstance(value, str) else value


def as_xlsx(table: Table) -> bytes:
    """One sheet, written row by row: it is kept on disk meanwhile (constant memory), and only the packed file is held."""
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"constant_memory": True}) as book:
        bold = book.add_format({"bold": True})
        sheet = book.add_worksheet("Results")
        sheet.freeze_panes(1, 2)
        sheet.set_column(1, 1, 40)
        _write(sheet, 0, table.columns, bold)
        for number, row in enumerate(table.rows(), 1):
            _write(sheet, number, row)
    return content.getvalue()


def _write(sheet: xlsxwriter.worksheet.Worksheet, number: int, row: Sequence[Value], form: xlsxwriter.format.Format | None = None) -> None:
    """Each value as what it is: `write` would guess, and make formulas and links of texts."""
    for column, value in enumerate(row):
        if isinstance(value, bool):
            sheet.write_boolean(number, column, value)
        elif isinstance(value, str):
            sheet.write_string(number, column, _NO_XML.sub("\ufffd", value)[:SHEET_CELL_MOST_CHARS], form)
        elif value is not None:
            sheet.write_number(number, column, value)


def file_name(title: str, contest_id: str, ending: str) -> str:
    """ASCII letters, digits and hyphens; the end of the id tells contests of one title apart."""
    letters = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    words = "-".join(re.findall(r"[a-z0-9]+", letters))[:60].strip("-") or "contest"
    return f"{words}-results-{contest_id[-8:]}.{ending}"
