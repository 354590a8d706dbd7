"""The servers that are measured, one per name: `python -m bench.servers NAME PORT HOME`."""

import gc
import sys
from pathlib import Path
from typing import Any

TEXT = "where is my order"


def echo_asgi(home: Path) -> Any:
    """The least an ASGI server can do with a body."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            for step in ("startup", "shutdown"):
                await receive()
                await send({"type": f"lifespan.{step}.complete"})
            return
        body = (await receive())["body"]
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return app


def echo_fastapi(home: Path) -> Any:
    """The least FastAPI can do with the same body, validated."""
    from fastapi import FastAPI
    from pydantic import BaseModel

    class Item(BaseModel):
        body: str

    app = FastAPI()

    @app.post("/v1/classify")
    async def echo(item: Item) -> Item:
        return item

    return app


def pipelines(home: Path) -> list[Any]:
    """scikit-learn's usual words-and-linear-model, one per level, fitted on the starter corpus."""
    import joblib

    return list(joblib.load(home / "naive.joblib"))


def naive(home: Path) -> Any:
    """What one writes in an afternoon: FastAPI around scikit-learn."""
    from fastapi import FastAPI
    from pydantic import BaseModel

    class Item(BaseModel):
        body: str

    heads = pipelines(home)
    app = FastAPI()

    @app.post("/v1/classify")
    def classify(item: Item) -> dict[str, Any]:
        found = {}
        for level, head in zip(("stage", "function", "service"), heads, strict=True):
            (probabilities,) = head.predict_proba([item.body])
            best = int(probabilities.argmax())
            found[level] = {"label": str(head.classes_[best]), "confidence": float(probabilities[best])}
        return found

    return app


def sortation(home: Path) -> Any:
    """Our server: storage, limits, metrics and keys on."""
    from serving.life import Life
    from serving.opening import Opening
    from serving.settings import Settings

    return Opening(Life.of(Settings(home=home, registry=f"sqlite:///{home / 'none.db'}", poll=3600)))


def sortation_unstored(home: Path) -> Any:
    """Our server with a store that forgets, to see what keeping costs."""
    from serving.store import Store

    class Forgetful(Store):
        def add(self, rows: Any) -> None:
            pass

    import serving.life

    serving.life.Store = Forgetful  # type: ignore[attr-defined]
    return sortation(home)


SERVERS = {each.__name__: each for each in (echo_asgi, echo_fastapi, naive, sortation, sortation_unstored)}


def main() -> None:
    """Serves one of them, all in the same way, which is that of `sortation serve`."""
    gc.disable()
    from serving.listening import listen
    from serving.settings import Settings

    name, port, home = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    listen(SERVERS[name](home), Settings(port=port))


if __name__ == "__main__":
    main()
