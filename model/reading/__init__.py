"""Bytes to a clean Document: e-mails, office documents, PDF, HTML, tables and text. Knows nothing of classification."""

from model.reading.cleaning import clean
from model.reading.language import detect_language
from model.reading.limits import Limits
from model.reading.mail import messages
from model.reading.pool import Readers, read_safely
from model.reading.reader import read

__all__ = ["Limits", "Readers", "clean", "detect_language", "messages", "read", "read_safely"]
