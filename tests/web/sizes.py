"""How much script a built page needs before it shows anything: what its HTML names, and what that imports other than on demand."""

import re
from pathlib import Path

_NAMED = re.compile(r'(?:src|href)="/assets/([^"]+\.js)"')
_IMPORTED = re.compile(r"""(?:\bfrom|\bimport)\s*["']\./([^"']+\.js)["']""")


def first_script_bytes(dist: Path, page: str) -> int:
    found: set[str] = set()
    waiting = _NAMED.findall((dist / page).read_text())
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += _IMPORTED.findall((dist / "assets" / name).read_text())
    assert found, page
    return sum((dist / "assets" / name).stat().st_size for name in found)
