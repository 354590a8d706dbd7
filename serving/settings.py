"""What a server is told, read once from the environment. Importing this touches nothing."""

import ipaddress
import math
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from model.errors import SortationError
from model.reading.limits import Limits

PREFIX = "SORTATION_"


def default_data() -> Path:
    """The data folder that came with the product: beside the packages in a checkout, else in the environment."""
    beside = Path(__file__).resolve().parent.parent / "data"
    return beside if (beside / "taxonomy.yaml").exists() else Path(sys.prefix) / "share" / "sortation" / "data"


@dataclass(frozen=True)
class Settings:
    """All settings of a server; each is read from SORTATION_ and its name in capitals."""

    data: Path = field(default_factory=default_data)
    """Folder with taxonomy.yaml and routing.yaml, and under tenants/NAME/ what a tenant has of its own."""
    home: Path = Path("var")
    """Folder for everything the server writes."""
    host: str = "127.0.0.1"
    """Address to listen on; anything but loopback needs API keys."""
    port: int = 8000
    """Port to listen on."""
    workers: int = 1
    """Processes that answer; they share one copy of the models' arrays."""
    registry: str = ""
    """Tracking address of the MLflow registry; empty: the SQLite file in `home`."""
    model: str = "sortation"
    """Name of the registered model; a tenant with a taxonomy of its own has NAME-tenant."""
    database: str = ""
    """Address of the store, such as postgresql://host/name; empty: the SQLite file in `home`."""
    max_body: int = 1_000_000
    """Largest request body that is read, in bytes."""
    max_file: int = 25_000_000
    """Largest request body that is a file, or a form with files, in bytes."""
    max_upload: int = 50_000_000
    """Largest body of a batch or a job, in bytes."""
    max_held: int = 256_000_000
    """Bytes of bodies held at once; beyond that the answer is 503 with Retry-After."""
    body_seconds: float = 30.0
    """How long a client may take to send a body."""
    head_seconds: float = 10.0
    """How long a client may take to send a request's headers."""
    connections: int = 10_000
    """Connections held at once, or as many as the system lets a process have; for one more, the one that has been
    idle longest is closed."""
    readers: int = 2
    """Files that are read at the same time, each in a process of its own."""
    reading: Limits = field(default_factory=Limits)
    """How much a file may cost; each bound is set by SORTATION_READ_ and its name, such as SORTATION_READ_PAGES."""
    redact: bool = False
    """on or off: whether personal data are replaced before an item is stored. Classification sees the original."""
    poll: float = 2.0
    """Seconds between looks at the registry and at the API keys."""
    vectors: str = ""
    """Folder, package:NAME or hub name with the weights of vectors, for training and for models that need an encoder;
    empty: training uses none, and a model's are looked for where they lay in training."""
    vectors_kind: str = "static"
    """Which kind training uses: static or encoder."""
    queue: int = 2_000
    """Items that may wait; beyond that the answer is 503 with Retry-After."""
    queue_characters: int = 50_000_000
    """Characters of text that may wait."""
    rate: int = 0
    """Items a minute that a tenant may have classified where no quota of its own is set; 0: no limit. At least as
    many as there are workers, since each grants one."""
    anonymous: bool = True
    """Whether requests without a key are served on loopback, as the tenant `default`."""
    trusted_keys: str = ""
    """Folder with public keys (*.pub) whose signatures on models are trusted; empty: trusted/ in `home`."""
    allow_unsigned: bool = False
    """For development: models without a signature are served too."""
    trace: str = ""
    """Address of an OpenTelemetry collector, such as http://127.0.0.1:4318/v1/traces; empty: no traces. Needs the extra
    `trace`; headers and the like are read from OTEL_EXPORTER_OTLP_… as usual."""
    trace_share: float = 0.1
    """Share of requests to trace, in [0, 1], where the caller does not say."""
    shadow: str = ""
    """Alias of a version that answers live traffic in shadow, such as challenger; nobody sees its answers but in
    comparisons. Empty: none."""
    shadow_share: float = 1.0
    """Share of the answers that it looks at, in [0, 1]; what it cannot keep up with is left out and counted."""
    retention_days: int = 0
    """Age at which predictions and finished jobs are erased; 0: never."""
    log_format: str = "text"
    """text, or json: an object a line. Neither ever holds a message's text."""
    access_log: bool = False
    """Whether each request leaves a line in the log; errors always do."""

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """Settings from the environment. Raises SortationError that names an unknown or unreadable one."""
        known = {each.name: type(getattr(cls(), each.name)) for each in fields(cls) if each.name != "reading"}
        bounds = {f"read_{each.name}": type(getattr(Limits(), each.name)) for each in fields(Limits)}
        found: dict[str, Any] = {}
        for key, value in environment.items():
            name = key.removeprefix(PREFIX).lower()
            if not key.startswith(PREFIX) or name in CLIENT_SETTINGS:
                continue
            if name not in known | bounds:
                raise SortationError(
                    f"{key} is not a setting; known are {', '.join(PREFIX + each.upper() for each in known | bounds)}"
                )
            found[name] = _converted(key, value, (known | bounds)[name])
        limits = {name.removeprefix("read_"): found.pop(name) for name in [*found] if name in bounds}
        if limits:
            found["reading"] = Limits(**limits)
        return cls(**found)

    @property
    def database_url(self) -> str:
        """The store's address."""
        return self.database or f"sqlite:///{(self.home / 'sortation.db').resolve()}"

    @property
    def patterns(self) -> Path:
        """The file of entity patterns."""
        return self.data / "entities.jsonl"

    @property
    def registry_url(self) -> str:
        """The registry's address."""
        return self.registry or f"sqlite:///{(self.home / 'mlflow.db').resolve()}"

    @property
    def trusted(self) -> Path:
        """The folder of trusted public keys."""
        return Path(self.trusted_keys) if self.trusted_keys else self.home / "trusted"

    @property
    def local(self) -> bool:
        """Whether only this machine can reach the server."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    def own(self, tenant: str, file: str) -> Path:
        """A tenant's own data file, or else the default one."""
        its = self.data / "tenants" / tenant / file
        return its if its.exists() else self.data / file

    @property
    def tenants(self) -> tuple[str, ...]:
        """Tenants with a folder of their own below `data`."""
        folder = self.data / "tenants"
        return tuple(sorted(each.name for each in folder.iterdir() if each.is_dir())) if folder.is_dir() else ()


def _converted(key: str, value: str, kind: type) -> Any:
    if kind is bool:
        if value.lower() not in TRUTH:
            raise SortationError(f"{key} must be on or off, not {value!r}")
        return TRUTH[value.lower()]
    make: Callable[[str], Any] = Path if issubclass(kind, Path) else kind
    try:
        made = make(value)
    except ValueError as error:
        raise SortationError(f"{key} must be a {kind.__name__}, not {value!r}") from error
    if isinstance(made, int | float) and not 0 <= made < math.inf:
        raise SortationError(f"{key} must be a number from 0 on, not {value!r}")
    return made


TRUTH = {"on": True, "1": True, "true": True, "yes": True, "off": False, "0": False, "false": False, "no": False}
"""Words for a setting that is on or off."""
CLIENT_SETTINGS = {"datasets", "documents", "python", "url", "key", "who"}
"""Names with the same prefix that tests, benchmarks, clients and the Makefile use."""
