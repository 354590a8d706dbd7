"""The Open Inference Protocol, version 2 (REST): what KServe, Triton and MLServer speak."""

from collections.abc import Callable, Mapping
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from model.document import CHANNELS, Document
from model.errors import NotFound
from serving.answering import Request as Work
from serving.answers import Answer
from serving.api.asking import answers, caller, engine
from serving.api.problems import PROBLEMS
from serving.api.reading import MOST, parsed
from serving.engine import Engine
from serving.errors import Misused
from serving.models import Served

router = APIRouter(prefix="/v2", tags=["Open Inference Protocol"])
FIELDS = ("text", "subject", "channel")
"""Names of inputs; text is needed."""
_ERROR = {"type": "object", "required": ["error"], "properties": {"error": {"type": "string"}}}
SAID: dict[int | str, dict[str, Any]] = {
    status: {key: value for key, value in each.items() if key != "model"}
    | {"content": {"application/json": {"schema": _ERROR}}}
    for status, each in PROBLEMS.items()
}
"""The problems, as this protocol says them."""
VERSIONS = "/models/{name}/versions/{version}"


@router.get("")
async def about() -> dict[str, Any]:
    """The server."""
    return {"name": "sortation", "version": "1", "extensions": []}


@router.get("/health/live")
async def live() -> dict[str, bool]:
    """The process answers."""
    return {"live": True}


@router.get("/health/ready", responses={503: {"description": "not ready"}})
async def ready(request: Request) -> JSONResponse:
    """A model is loaded."""
    good = engine(request).served is not None and not engine(request).draining
    return JSONResponse({"ready": good}, 200 if good else 503, None if good else {"Retry-After": "2"})


@router.get("/models/{name}", responses=SAID)
@router.get(VERSIONS, responses=SAID)
async def describe(name: str, request: Request, version: str | None = None) -> dict[str, Any]:
    """A model's inputs and outputs."""
    served = asked(request, name, version)
    return {
        "name": served.name,
        "versions": [str(served.version)],
        "platform": "sortation",
        "inputs": [{"name": each, "datatype": "BYTES", "shape": [-1]} for each in FIELDS],
        "outputs": [
            {"name": each, "datatype": datatype, "shape": [-1]} for each, (datatype, _) in outputs(served).items()
        ],
    }


@router.get("/models/{name}/ready", responses=SAID)
@router.get(VERSIONS + "/ready", responses=SAID)
async def model_ready(name: str, request: Request, version: str | None = None) -> dict[str, Any]:
    """Exactly this model answers."""
    asked(request, name, version)
    return {"name": name, "ready": True}


@router.post("/models/{name}/infer", responses=SAID)
@router.post(VERSIONS + "/infer", responses=SAID)
async def infer(name: str, request: Request, version: str | None = None) -> JSONResponse:
    """Classifies the texts of the input `text`; answers are stored as those of /v1/classify are."""
    plain = parsed(await request.body())
    served = asked(request, name, version)
    works = documents(plain, caller(request).tenant)
    possible = outputs(served)
    wanted = named(plain, "outputs", possible)
    done = [each.plain for each in await answers(request, works) if isinstance(each, Answer)]
    body: dict[str, Any] = {"model_name": served.name, "model_version": str(served.version)}
    if isinstance(plain.get("id"), str):
        body["id"] = plain["id"]
    body["outputs"] = [
        {"name": each, "datatype": datatype, "shape": [len(done)], "data": [read(answer) for answer in done]}
        for each in (wanted or possible)
        for datatype, read in [possible[each]]
    ]
    return JSONResponse(body)


def asked(request: Request, name: str, version: str | None) -> Served:
    """The tenant's model, if that is the one asked for. Raises NotFound."""
    found: Engine = engine(request)
    served = found.line(caller(request).tenant).served
    if name not in (served.name, "default") or version not in (None, str(served.version)):
        which = name if version is None else f"{name} version {version}"
        raise NotFound(f"there is no model {which!r}; {served.name} version {served.version} answers")
    return served


Reader = Callable[[Mapping[str, Any]], Any]


def outputs(served: Served) -> dict[str, tuple[str, Reader]]:
    """Name -> datatype, and how it is read from an answer."""
    found: dict[str, tuple[str, Reader]] = {}
    for level in served.classifier.taxonomy.level_names:
        found[level] = ("BYTES", _of(level, "label"))
        found[f"{level}_probability"] = ("FP64", _of(level, "confidence"))
    found["probability"] = ("FP64", lambda answer: answer["confidence"])
    found["decision"] = ("BYTES", lambda answer: answer["decision"])
    found["queue"] = ("BYTES", _of("route", "queue"))
    found["prediction_id"] = ("BYTES", lambda answer: answer["prediction_id"])
    return found


def _of(outer: str, inner: str) -> Reader:
    return lambda answer: answer[outer][inner]


def named(plain: Any, key: str, known: Mapping[str, Any]) -> list[str]:
    """The names under `inputs` or `outputs`. Raises Misused on one that is not known."""
    entries = plain.get(key, []) if isinstance(plain, dict) else None
    if not isinstance(entries, list) or not all(isinstance(each, dict) for each in entries):
        raise Misused(f"{key} is a list of objects, each with a name")
    names = [str(each.get("name")) for each in entries]
    for name in names:
        if name not in known:
            raise Misused(f"there is no {key[:-1]} {name!r}; there are {', '.join(known)}")
    return names


def documents(plain: Any, tenant: str) -> list[Work | dict[str, Any]]:
    """The requests in an inference request. Raises Misused that says what would be right."""
    names = named(plain, "inputs", dict.fromkeys(FIELDS))
    if "text" not in names:
        raise Misused("the input `text` is missing: texts to classify, datatype BYTES")
    columns: dict[str, list[str]] = {}
    for name, tensor in zip(names, plain["inputs"], strict=True):
        data = tensor.get("data")
        if tensor.get("datatype") != "BYTES" or not isinstance(data, list):
            raise Misused(f"the input {name!r} has datatype BYTES and a list of texts as data")
        if not all(isinstance(text, str) for text in data):
            raise Misused(f"the input {name!r} holds something that is no text")
        if tensor.get("shape") not in ([len(data)], [len(data), 1]):
            raise Misused(f"the input {name!r} has {len(data)} texts; its shape must be [{len(data)}]")
        columns[name] = data
    if len({len(column) for column in columns.values()}) > 1:
        raise Misused("all inputs must have as many texts")
    count = len(columns["text"])
    if not 1 <= count <= MOST:
        raise Misused(f"a request holds 1 to {MOST:,} texts, not {count:,}")
    empty = [""] * count
    rows = zip(columns["text"], columns.get("subject", empty), columns.get("channel", empty), strict=True)
    return [document(body, subject, channel, tenant) for body, subject, channel in rows]


def document(body: str, subject: str, channel: str, tenant: str) -> Work:
    """One request. Raises Misused where the channel is unknown or there is no text."""
    if channel and channel not in CHANNELS:
        raise Misused(f"channel {channel!r} is unknown; it is one of {', '.join(CHANNELS)}")
    if not (body.strip() or subject.strip()):
        raise Misused("there is nothing to classify: a text is empty")
    return Work(Document(subject, body, channel or None), tenant=tenant)
