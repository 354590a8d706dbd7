"""What the command line does to a server's store: keys, quotas, erasure. Returns lines; prints nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from model.errors import SortationError
from serving.settings import Settings
from serving.store import Store
from serving.store.corrections import forget_copies


@contextmanager
def opened(settings: Settings) -> Iterator[Store]:
    """The store, closed afterwards."""
    settings.home.mkdir(parents=True, exist_ok=True)
    store = Store(settings.database_url)
    try:
        yield store
    finally:
        store.close()


def create_key(settings: Settings, tenant: str, scopes: str, name: str) -> list[str]:
    """Makes an API key and shows it, this once. `scopes` are separated by commas."""
    with opened(settings) as store:
        key, secret = store.keys.create(tenant, [each.strip() for each in scopes.split(",") if each.strip()], name)
    return [secret, f"key {key.id} of tenant {tenant} for {key.scopes}; it is shown only now"]


def list_keys(settings: Settings) -> list[str]:
    """All keys and quotas."""
    with opened(settings) as store:
        keys, quotas = store.keys.all(), store.keys.quotas()
    lines = [
        f"{key.id}  {key.tenant:16} {key.scopes:30} made {key.created_at:%Y-%m-%d} "
        f"{f'revoked {key.revoked_at:%Y-%m-%d}' if key.revoked_at else 'in use':18} {key.name}".rstrip()
        for key in keys
    ] or ["there are no keys"]
    return lines + [f"quota of {tenant}: {number:,} items a minute" for tenant, number in sorted(quotas.items())]


def revoke_key(settings: Settings, number: str) -> list[str]:
    """Ends a key; running servers follow within seconds."""
    with opened(settings) as store:
        store.keys.revoke(number)
    return [f"key {number} is revoked; running servers follow within seconds"]


def set_quota(settings: Settings, tenant: str, per_minute: int) -> list[str]:
    """Limits a tenant's items a minute."""
    with opened(settings) as store:
        store.keys.set_quota(tenant, per_minute)
    return [
        f"tenant {tenant} may have {f'{per_minute:,}' if per_minute else 'any number of'} items a minute classified"
    ]


def erase(settings: Settings, tenant: str, requester: str | None, before: str | None) -> list[str]:
    """Erases what came from a requester, or from before a date."""
    if (requester is None) == (before is None):
        raise SortationError("say either --requester or --before")
    with opened(settings) as store:
        if before is not None:
            erased = store.erasures.older_than(tenant, moment(before))
        else:
            erased = store.erasures.of_requester(tenant, requester or "")
        forget_copies(store, settings.home, tenant)
    learned = ", ".join(erased.versions) or "none"
    return [f"{erased.predictions} predictions erased", f"model versions trained on corrections of them: {learned}"]


def moment(text: str) -> datetime:
    """A date or a time; UTC where no zone is given. Raises SortationError."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise SortationError(f"--before is a date such as 2025-01-31, not {text!r}") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)
