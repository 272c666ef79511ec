"""Token buckets by name: how often the same name may ask. Pure but for the clock it is given."""

from collections import OrderedDict
from math import ceil


class Throttle:
    """`burst` at once, then one every `every_s` seconds, for each name.

    Owner: one process. Bound: `names_most` names of about 200 bytes; the one that asked longest ago is forgotten first. Lost on restart.
    """

    def __init__(self, burst: int, every_s: float, names_most: int = 10_000) -> None:
        self._burst = burst
        self._every_s = every_s
        self._names_most = names_most
        self._full_at: OrderedDict[str, float] = OrderedDict()

    def ask(self, name: str, now_s: float) -> int:
        """0: go on, and it is counted. Else the whole seconds to wait, and nothing is counted."""
        wait_s = self.wait_s(name, now_s)
        full_at = max(self._full_at.pop(name, now_s), now_s)
        self._full_at[name] = full_at if wait_s else full_at + self._every_s
        if len(self._full_at) > self._names_most:
            self._full_at.popitem(last=False)
        return wait_s

    def wait_s(self, name: str, now_s: float) -> int:
        """The same, and nothing is counted whatever it is."""
        full_at = max(self._full_at.get(name, now_s), now_s)
        wait_s = full_at - now_s - (self._burst - 1) * self._every_s
        return 0 if wait_s <= 1e-9 else ceil(wait_s)
