"""How many items a tenant may have classified in a minute. In memory; knows no HTTP but header names.

Of several processes each grants its share, so that all of them together never grant more; but each grants one item a
minute at least, so that a quota below the number of processes is as large as that number.
"""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from model.errors import SortationError

WINDOW = 60.0
"""Seconds in which a quota may be used up."""
Header = tuple[bytes, bytes]


class QuotaExceeded(SortationError):
    """The tenant has used up its minute."""

    def __init__(self, limit: int, wait: int) -> None:
        self.wait = wait
        super().__init__(f"the quota of {limit:,} items a minute is used up; try again in {wait} s")


@dataclass(slots=True)
class _Window:
    began: float
    used: int


class Quotas:
    """Windows of a minute, one per tenant that has a limit."""

    def __init__(
        self,
        default: int,
        own: Callable[[], Mapping[str, int]],
        clock: Callable[[], float] = time.monotonic,
        share: int = 1,
    ) -> None:
        self._default, self._own, self._clock, self._share = default, own, clock, share
        self._windows: dict[str, _Window] = {}

    def limit(self, tenant: str) -> int:
        """Items a minute that this process grants; 0: no limit."""
        limit = self._own().get(tenant, self._default)
        return limit if self._share == 1 or not limit else max(1, limit // self._share)

    def take(self, tenant: str, items: int) -> None:
        """Counts items, all or none of them. Raises QuotaExceeded."""
        limit = self.limit(tenant)
        if not limit or not items:
            return
        window = self._window(tenant)
        if window.used + items > limit:
            raise QuotaExceeded(limit, self._left(window))
        window.used += items

    def part(self, tenant: str, items: int) -> int:
        """Counts as many of these items as the quota allows now, and says how many; 0: it is used up."""
        limit = self.limit(tenant)
        if not limit:
            return items
        window = self._window(tenant)
        granted = max(0, min(items, limit - window.used))
        window.used += granted
        return granted

    def used_up(self) -> list[str]:
        """Tenants that are granted nothing now."""
        limits = {tenant: self.limit(tenant) for tenant in self._windows}
        return [tenant for tenant, limit in limits.items() if limit and self._window(tenant).used >= limit]

    def headers(self, tenant: str) -> list[Header]:
        """What a response says of the quota; nothing where there is none."""
        limit = self.limit(tenant)
        if not limit:
            return []
        window = self._window(tenant)
        return [
            (b"ratelimit-limit", b"%d" % limit),
            (b"ratelimit-remaining", b"%d" % max(limit - window.used, 0)),
            (b"ratelimit-reset", b"%d" % self._left(window)),
        ]

    def _window(self, tenant: str) -> _Window:
        now = self._clock()
        window = self._windows.get(tenant)
        if window is None or now - window.began >= WINDOW:
            window = self._windows[tenant] = _Window(now, 0)
        return window

    def _left(self, window: _Window) -> int:
        return max(1, math.ceil(window.began + WINDOW - self._clock()))
