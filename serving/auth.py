"""Who asks, and what they may: API keys, tenants, scopes. Knows headers as bytes; no framework."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from model.errors import NotFound, SortationError
from serving.store import DEFAULT_TENANT, Store
from serving.store.keys import SCOPES, hashed

OPEN = re.compile(r"/(?:health/.*|v2/health/.*|v2|ping|version|docs(?:/.*)?|openapi\.json|)")
"""What anybody may read."""
NEEDED = (
    (re.compile(r"/v1/(?:classify|jobs)(?:/.*)?|/v2/models/.*/infer|/invocations"), "classify"),
    (re.compile(r"/v1/predictions/.*|/v1/models/shadow"), "review"),
    (re.compile(r"/v1/corrections"), "train"),
    (re.compile(r"/v1/erasures|/metrics"), "admin"),
)
"""Scope that an address needs; any other wants a key of any scope. `admin` may do everything."""
CLASSIFY = "/v1/classify"
FORWARDED = frozenset((b"forwarded", b"x-forwarded-for", b"x-real-ip"))

LOOPBACK = re.compile(rb"(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?", re.I)
"""Names of this machine that only it goes by."""


class Unauthorized(SortationError):
    """No key, or one that is not valid."""


class Forbidden(SortationError):
    """A valid key without the scope that is needed."""


@dataclass(frozen=True, slots=True)
class Caller:
    """On whose behalf a request is answered."""

    tenant: str
    scopes: frozenset[str]
    key: str | None = None
    """Number of the API key; None for a request from this machine without one."""


NOBODY = Caller(DEFAULT_TENANT, frozenset())
LOCAL = Caller(DEFAULT_TENANT, frozenset(SCOPES))


class Door:
    """Lets requests in, from memory; `refresh` reads keys and quotas from the store now and then."""

    def __init__(self, store: Store, *, anonymous: bool) -> None:
        self._store = store
        self._anonymous = anonymous
        self._callers: dict[str, Caller] = {}
        self.quotas: dict[str, int] = {}

    def refresh(self) -> None:
        """Takes note of keys that were made or revoked and of quotas that were set."""
        self._callers = {
            key.hash: Caller(key.tenant, frozenset(key.scopes.split()), key.id) for key in self._store.keys.valid()
        }
        self.quotas = self._store.keys.quotas()

    def admit(self, path: str, headers: Mapping[bytes, bytes]) -> Caller:
        """The caller, if they may go on to this address. Raises NotFound, Unauthorized or Forbidden."""
        if not path.isprintable():  # routes end where a line ends: with a line end more, no scope would be asked for
            raise NotFound("there is nothing at this address")
        given = _secret(headers)
        if given is None and OPEN.fullmatch(path):
            return NOBODY
        caller = self._known(given, headers)
        scope = "classify" if path == CLASSIFY else next((s for which, s in NEEDED if which.fullmatch(path)), None)
        if scope is not None and scope not in caller.scopes and "admin" not in caller.scopes:
            raise Forbidden(f"this key lacks the scope {scope!r}; it has {', '.join(sorted(caller.scopes))}")
        return caller

    def _known(self, given: bytes | None, headers: Mapping[bytes, bytes]) -> Caller:
        if given is not None:
            caller = self._callers.get(hashed(given))
            if caller is None:
                raise Unauthorized("this API key is not valid; it may have been revoked")
            return caller
        if self._anonymous and not _from_elsewhere(headers):
            return LOCAL
        raise Unauthorized("an API key is needed: send it as `Authorization: Bearer sortation_…`")


def _from_elsewhere(headers: Mapping[bytes, bytes]) -> bool:
    """Whether a request came through a proxy, or from another site's page: browsers send plain texts and forms for any
    page, but they name it in Origin; and where a site lets its name point to this machine, they name that in Host.
    """
    host, origin = headers.get(b"host"), headers.get(b"origin")
    foreign = origin is not None and origin.partition(b"://")[2] != host
    return foreign or not (host is None or LOOPBACK.fullmatch(host)) or not FORWARDED.isdisjoint(headers)


def _secret(headers: Mapping[bytes, bytes]) -> bytes | None:
    """The key that was sent, as `Authorization: Bearer` or `X-API-Key`."""
    sent = headers.get(b"authorization")
    if sent is not None:
        kind, _, secret = sent.partition(b" ")
        return secret.strip() if kind.lower() == b"bearer" else b""
    return headers.get(b"x-api-key")
