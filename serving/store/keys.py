"""API keys and quotas. A key itself is never kept, only its hash."""

import hashlib
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa

from model.errors import NotFound, SortationError
from serving.store.tables import keys, quotas

SCOPES = ("classify", "review", "train", "admin")
TENANT = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


@dataclass(frozen=True)
class Key:
    """A key as it is kept."""

    id: str
    tenant: str
    name: str
    scopes: str
    """Separated by blanks."""
    hash: str
    created_at: datetime
    revoked_at: datetime | None = None


def hashed(secret: str | bytes) -> str:
    """What is kept of a key. Keys are 256 random bits, so that one round of SHA-256 cannot be turned back."""
    return hashlib.sha256(secret.encode() if isinstance(secret, str) else secret).hexdigest()


class Keys:
    """All tenants' keys and quotas."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def create(self, tenant: str, scopes: Sequence[str], name: str = "") -> tuple[Key, str]:
        """A new key and, this once, its secret. Raises SortationError where a name or scope is wrong."""
        if not TENANT.fullmatch(tenant):
            raise SortationError(f"a tenant's name is small letters, digits and hyphens, not {tenant!r}")
        wrong = [scope for scope in scopes if scope not in SCOPES]
        if wrong or not scopes:
            raise SortationError(f"scopes are some of {', '.join(SCOPES)}; not {', '.join(wrong) or 'nothing'}")
        number = secrets.token_hex(6)
        secret = f"sortation_{number}_{secrets.token_urlsafe(32)}"
        key = Key(number, tenant, name[:100], " ".join(dict.fromkeys(scopes)), hashed(secret), datetime.now(UTC))
        with self._engine.begin() as connection:
            connection.execute(sa.insert(keys).values(**vars(key)))
        return key, secret

    def revoke(self, number: str) -> None:
        """Ends a key. Raises NotFound."""
        wanted = sa.update(keys).where(keys.c.id == number, keys.c.revoked_at.is_(None))
        with self._engine.begin() as connection:
            if connection.execute(wanted.values(revoked_at=datetime.now(UTC))).rowcount == 0:
                raise NotFound(f"there is no key {number!r} in use; `sortation keys list` shows all")

    def all(self) -> list[Key]:
        """Every key that ever was, oldest first."""
        with self._engine.connect() as connection:
            rows = connection.execute(sa.select(keys).order_by(keys.c.created_at)).all()
        return [Key(**row._asdict()) for row in rows]

    def valid(self) -> list[Key]:
        """Keys that are not revoked."""
        return [key for key in self.all() if key.revoked_at is None]

    def set_quota(self, tenant: str, per_minute: int) -> None:
        """Items a minute that a tenant may have classified; 0: no limit."""
        if per_minute < 0:
            raise SortationError("a quota is a number of items a minute, 0 for no limit")
        with self._engine.begin() as connection:
            connection.execute(sa.delete(quotas).where(quotas.c.tenant == tenant))
            connection.execute(sa.insert(quotas).values(tenant=tenant, per_minute=per_minute))

    def quotas(self) -> dict[str, int]:
        """Tenant -> items a minute, where one was set."""
        with self._engine.connect() as connection:
            return {row.tenant: row.per_minute for row in connection.execute(sa.select(quotas))}
