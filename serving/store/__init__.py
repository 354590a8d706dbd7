"""What was answered and what people said of it. The only folder that knows SQL."""

from serving.store.repository import Feedback, Store, Stored
from serving.store.tables import DEFAULT_TENANT

__all__ = ["DEFAULT_TENANT", "Feedback", "Store", "Stored"]
