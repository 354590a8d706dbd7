"""The command line and the client. Everything else is imported from `model`, `training` and `serving`."""

from serving.client import AsyncClient, Client
from sortation.line import main

__all__ = ["AsyncClient", "Client", "main"]
