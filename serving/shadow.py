"""A version in shadow: it looks at answers that were given, and what it would have said is kept beside them."""

import logging
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

from model.agreement import JOINT, agreement
from model.document import OUT_OF_SCOPE, Prediction
from model.errors import SortationError
from serving.after import Given
from serving.exposition import Series
from serving.models import Served
from serving.store import Store
from serving.store.repository import now
from serving.store.shadows import Pairing, Shadowed

log = logging.getLogger("sortation.shadow")
COMMIT = 256
"""Rows from which on they are stored at once."""
LATEST = 1.0
"""Seconds after which fewer are stored too."""
SHOWN = 20
"""Differences that are shown of a level."""


class Shadow:
    """Versions in shadow, one beside each model that answers; a listener to answers that were given."""

    def __init__(self, store: Store, share: float = 1.0) -> None:
        if not 0 <= share <= 1:
            raise SortationError(f"the share of answers that a shadow looks at is between 0 and 1, not {share:g}")
        self.share = share
        self._store = store
        self._beside: dict[str, Served] = {}
        self._rows: list[Shadowed] = []
        self._since = 0.0
        self._agreed: dict[str, Counter[str]] = {}
        self.items = Series("counter", "sortation_shadow_items_total", "Items classified in shadow.", ("model",))
        self.lost = Series("counter", "sortation_shadow_lost_total", "Items whose shadow could not be stored.")
        self.version = Series("gauge", "sortation_shadow_version", "Version in shadow.", ("model",))
        self.agreement = Series(
            "gauge", "sortation_shadow_agreement", "Share of items with the same label.", ("model", "level")
        )

    @property
    def series(self) -> list[Series]:
        """What is exposed."""
        return [self.items, self.lost, self.version, self.agreement]

    def beside(self, model: str) -> Served | None:
        """The version in shadow beside a model."""
        return self._beside.get(model)

    def use(self, served: Served) -> None:
        """Looks with this version from now on."""
        self._agreed.pop(served.name, None)
        self._beside = self._beside | {served.name: served}
        self.version.set(served.version, served.name)
        log.info("version %d of %s answers in shadow (%s)", served.version, served.name, served.fingerprint[:16])

    def heard(self, given: Sequence[Given]) -> None:
        """Classifies a sample of answers anew."""
        groups: dict[str, list[Given]] = {}
        for each in given:
            name = each[0].plain["model"]["name"]
            beside = self._beside.get(name)
            if beside is not None and beside.fingerprint != each[1].fingerprint and drawn(each[1].id, self.share):
                groups.setdefault(name, []).append(each)
        for name, group in groups.items():
            self._classify(self._beside[name], group)
        self._flush(COMMIT)

    def idle(self) -> None:
        """Stores what is left."""
        self._flush(1)

    def _classify(self, beside: Served, group: Sequence[Given]) -> None:
        found = beside.classifier.predict([answer.document for answer, _ in group], 0)
        at = now()
        counts = self._agreed.setdefault(beside.name, Counter())
        for (_, row), prediction in zip(group, found, strict=True):
            labels = _labels(prediction)
            self._rows.append(Shadowed(row.id, beside.fingerprint, beside.version, at, labels))
            same = [level for level, label in labels.items() if row.labels.get(level, "") == label]
            counts.update([*same, *([JOINT] if len(same) == len(labels) else []), ""])
        self.items.inc(beside.name, by=len(group))
        for level in (*_labels(found[0]), JOINT):
            self.agreement.set(counts[level] / counts[""], beside.name, level)

    def _flush(self, least: int) -> None:
        if not self._rows or (len(self._rows) < least and time.monotonic() - self._since < LATEST):
            return
        rows, self._rows, self._since = self._rows, [], time.monotonic()
        try:
            self._store.shadows.add(rows)
        except Exception:
            self.lost.inc(by=len(rows))
            raise


def drawn(prediction_id: str, share: float) -> bool:
    """Whether an item belongs to a share of all: by its own random digits, so that any server says the same."""
    return int(prediction_id[-8:], 16) < share * 16**8


def compared(store: Store, tenant: str, pairing: Pairing) -> dict[str, Any]:
    """How two models compare on a tenant's items, as values."""
    levels = agreement(store.shadows.pairs(tenant, pairing))
    return {
        "champion_version": pairing.champion_version,
        "challenger_version": pairing.challenger_version,
        "items": levels[JOINT].items if levels else 0,
        "agreement": {name: round(level.share, 4) for name, level in levels.items()},
        "judged": {
            name: {
                "items": level.judged.items,
                "both_right": level.judged.both,
                "only_champion_right": level.judged.only_champion,
                "only_challenger_right": level.judged.only_challenger,
                "neither_right": level.judged.neither,
                "p_value": round(level.judged.p_value, 4),
            }
            for name, level in levels.items()
        },
        "labels": [
            {"level": name, "label": label, "champion": one, "challenger": other, "both": both}
            for name, level in levels.items()
            if name != JOINT
            for label, (one, other, both) in level.labels.items()
        ],
        "differences": [
            {"level": name, "champion": one, "challenger": other, "items": items}
            for name, level in levels.items()
            if name != JOINT
            for one, other, items in level.differences(SHOWN)
        ],
    }


def lines(told: dict[str, Any]) -> list[str]:
    """A comparison as a table for a terminal."""
    found = [
        f"version {told['challenger_version']} in shadow beside version {told['champion_version']}: "
        f"{told['items']} items",
        f"{'level':12} {'same':>7} {'judged':>7} {'both':>6} {'only champion':>14} {'only challenger':>16} {'p':>7}",
    ]
    for name, share in told["agreement"].items():
        own = told["judged"][name]
        found.append(
            f"{name:12} {share:7.1%} {own['items']:7} {own['both_right']:6} {own['only_champion_right']:14} "
            f"{own['only_challenger_right']:16} {own['p_value']:7.4f}"
        )
    return found + [
        f"{each['items']:6}  {each['level']}: {each['champion']} -> {each['challenger']}"
        for each in told["differences"]
    ]


def _labels(prediction: Prediction) -> dict[str, str | None]:
    return {label.level: None if label.name == OUT_OF_SCOPE else label.name for label in prediction.labels}
