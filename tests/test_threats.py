"""docs/why/threats.md names a test for each threat: they are all there, and none stands for nothing."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROWS = [line for line in (ROOT / "docs/why/threats.md").read_text().splitlines() if line.startswith("| ") and "| threat " not in line]


def test_each_threat_has_a_test_that_is_there() -> None:
    assert len(ROWS) > 40
    for row in ROWS:
        named = re.search(r"`(tests/[\w/]+\.py)::(\w+)` \|$", row)
        assert named, row
        assert re.search(rf"^(async )?def {named[2]}\(", (ROOT / named[1]).read_text(), re.MULTILINE), row
