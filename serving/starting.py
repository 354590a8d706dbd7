"""How a server starts: one process with what classifying needs, several with all that they can share."""

from model.scoring import load_sparse
from serving.life import Life
from serving.listening import listen
from serving.opening import Opening
from serving.settings import Settings
from serving.workers import supervise


def start(settings: Settings) -> None:
    """Answers until told to end. Raises SortationError where that cannot begin."""
    if settings.workers <= 1:
        listen(Opening(Life.of(settings)), settings)
        return
    from serving.app import create_app

    app = create_app(settings)
    load_sparse()
    supervise(settings.workers, settings.host, settings.port, lambda own: listen(app, settings, own))
