"""XML to a tree of local names. Refuses document types, so that no entity is ever expanded or fetched."""

from collections.abc import Iterator
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from model.errors import ReadingError

MAX_DEPTH = 200
"""Elements inside elements; office programs stay below 60."""


class _EnoughError(Exception):
    """The bound on elements is reached; what was read so far is kept."""


def parse(data: bytes, elements: int) -> Element:
    """The root element of `data`, names without their namespaces, at most `elements` of them.

    Raises ReadingError: `hostile` for a document type or too deep nesting, `damaged` for broken XML.
    """
    builder = TreeBuilder()
    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    open_names: list[str] = []
    left = elements

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise _EnoughError
        if len(open_names) >= MAX_DEPTH:
            raise ReadingError("hostile", f"The XML nests deeper than {MAX_DEPTH} elements.")
        open_names.append(name)
        builder.start(_local(name), {_local(key): value for key, value in attributes.items()})

    def end(name: str) -> None:
        open_names.pop()
        builder.end(_local(name))

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = _refuse
    try:
        parser.Parse(data, True)
    except _EnoughError:
        while open_names:
            end(open_names[-1])
    except expat.ExpatError as error:
        raise ReadingError("damaged", f"The XML inside is broken: {error}.") from error
    return builder.close()


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def _refuse(*_: object) -> None:
    raise ReadingError("hostile", "The XML declares a document type; files from office programs have none.")


def flat(element: Element, newlines: frozenset[str] = frozenset(), skipped: frozenset[str] = frozenset()) -> str:
    """All text inside `element`; elements named in `newlines` are spaces, those in `skipped` are left out."""
    return "".join(_pieces(element, newlines, skipped))


def _pieces(element: Element, newlines: frozenset[str], skipped: frozenset[str]) -> Iterator[str]:
    if element.tag in skipped:
        return
    if element.tag in newlines:
        yield " "
    if element.text:
        yield element.text
    for child in element:
        yield from _pieces(child, newlines, skipped)
        if child.tail:
            yield child.tail
