"""OpenTelemetry traces of requests: the only file that knows the tracing library, which is an extra.

Times are noted while a request is answered (serving/marks.py) and become spans when it has been: under each request
read, wait, prepare, score, decode, route and store. The middle four belong to a whole micro-batch; they are linked to
the span of that batch, which in turn is linked to all requests in it. No attribute holds text of a message.
"""

import logging
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from model.errors import SortationError
from serving.auth import CLASSIFY
from serving.marks import TRACE, Trace
from serving.settings import Settings

log = logging.getLogger("sortation.tracing")
CARRIED = (b"traceparent", b"tracestate")


def provider_of(settings: Settings) -> Any:
    """What sends spans to the collector that the settings name; None where they name none.

    Raises SortationError where the extra is not installed or the share is none.
    """
    if not settings.trace:
        return None
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
        from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
    except ModuleNotFoundError as error:
        raise SortationError('traces need the extra "trace": pip install "sortation[trace]"') from error
    if not 0 <= settings.trace_share <= 1:
        raise SortationError(f"the share of requests to trace is between 0 and 1, not {settings.trace_share:g}")
    provider = TracerProvider(
        sampler=ParentBased(TraceIdRatioBased(settings.trace_share)),
        resource=Resource.create({"service.name": "sortation"}),
    )
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(settings.trace)))
    return provider


class Tracing:
    """Middleware around everything: a span for each request, those of its steps below it."""

    def __init__(self, app: ASGIApp, provider: Any) -> None:
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        self._app = app
        self._tracer = provider.get_tracer("sortation")
        self._propagator = TraceContextTextMapPropagator()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        span = None if scope["type"] != "http" else self._begun(scope)
        if span is None or not span.is_recording():
            await self._app(scope, receive, send)
            return
        trace = Trace(told=span.get_span_context())
        before = TRACE.set(trace)
        status = 500

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, sending)
        finally:
            TRACE.reset(before)
            try:
                self._ended(span, scope, status)
                self._steps(span, trace)
            except Exception as error:
                log.warning("a trace was lost: %s", type(error).__name__)
            span.end()

    def _begun(self, scope: Scope) -> Any:
        """The request's span, below that of the caller where it sent a traceparent (W3C Trace Context)."""
        from opentelemetry.context import Context
        from opentelemetry.trace import SpanKind

        sent = {key.decode("latin-1"): value.decode("latin-1") for key, value in scope["headers"] if key in CARRIED}
        context = self._propagator.extract(sent, Context())
        return self._tracer.start_span(scope["method"], context=context, kind=SpanKind.SERVER)

    def _ended(self, span: Any, scope: Scope, status: int) -> None:
        from opentelemetry.trace import Status, StatusCode

        route = CLASSIFY if scope["path"] == CLASSIFY else getattr(scope.get("route"), "path", "other")
        span.update_name(f"{scope['method']} {route}")
        span.set_attribute("http.request.method", scope["method"])
        span.set_attribute("http.route", route)
        span.set_attribute("http.response.status_code", status)
        caller = scope.get("sortation.caller")
        if caller is not None:
            span.set_attribute("sortation.tenant", caller.tenant)
        if status >= 500:
            span.set_status(Status(StatusCode.ERROR))

    def _steps(self, span: Any, trace: Trace) -> None:
        from opentelemetry.trace import Link, set_span_in_context

        below = set_span_in_context(span)

        def step(name: str, start: int, end: int, *links: Any) -> Any:
            made = self._tracer.start_span(name, context=below, start_time=start, links=links)
            made.end(max(start, end))
            return made

        if trace.read:
            step("read", trace.began, trace.read)
        for batch in trace.batches:
            if batch.told is None:  # in the trace of whichever of its requests ends first
                others = [Link(each.told) for each in batch.members if each is not trace]
                batch.told = step(f"batch of {batch.items}", batch.began, batch.ended, *others).get_span_context()
            step("wait", trace.read, batch.began)
            for name, start, end in batch.steps:
                step(name, start, end, Link(batch.told))
