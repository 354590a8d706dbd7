"""What was answered and what people said of it. The only folder that knows SQL."""

from serving.store.repository import Feedback, Store, Stored

__all__ = ["Feedback", "Store", "Stored"]
