"""How the trained starter model behaves on text it never saw: what may not matter does not, and what matters does."""

import re
from dataclasses import replace

import numpy as np
import pytest

from model.classifier import Classifier
from model.document import Document
from model.preparation import prepare
from model.taxonomy import Taxonomy
from training.corpus import Item
from training.fitting import Settings, fit
from training.shares import Shares, share_out


def seen(document: Document) -> Document:
    """The document as the classifier sees it."""
    return prepare(document).document


@pytest.fixture(scope="module")
def split(corpus: list[Item]) -> Shares:
    return share_out([replace(item, document=seen(item.document)) for item in corpus], seed=7)


@pytest.fixture(scope="module")
def starter(split: Shares, taxonomy: Taxonomy) -> Classifier:
    return fit(split.fit, split.calibration, taxonomy, Settings())


@pytest.fixture(scope="module")
def documents(split: Shares) -> list[Document]:
    return [item.document for item in split.test if len(item.document.body.split()) >= 12][:400]


def kept(classifier: Classifier, before: list[Document], after: list[Document]) -> float:
    """Share of documents whose labels stay the same."""
    one, other = ([seen(replace(each, channel="email")) for each in documents] for documents in (before, after))
    return float(np.mean(classifier.answer(one).best == classifier.answer(other).best))


def with_body(documents: list[Document], change: object) -> list[Document]:
    return [replace(each, body=change(each.body)) for each in documents]  # type: ignore[operator]


def test_numbers_do_not_matter(starter: Classifier, documents: list[Document]) -> None:
    other = with_body(documents, lambda body: re.sub(r"\d", lambda m: str((int(m[0]) * 7 + 3) % 10), body))
    assert kept(starter, documents, other) == 1.0


def test_capitals_do_not_matter(starter: Classifier, documents: list[Document]) -> None:
    plain = [each for each in documents if each.body.isascii()]
    loud = with_body(plain, str.upper)  # what is read is the same; where a signature begins is told by capitals
    assert np.array_equal(starter.answer(plain).best, starter.answer(loud).best)


@pytest.mark.parametrize(
    "greeting", ["Hello,\n\n", "Dear Sir or Madam,\n\n", "hi there\n", "Good morning Mrs Novak,\n\n"]
)
def test_a_greeting_does_not_matter(starter: Classifier, documents: list[Document], greeting: str) -> None:
    assert kept(starter, documents, with_body(documents, lambda body: greeting + body)) >= 0.99


def test_a_name_below_does_not_matter(starter: Classifier, documents: list[Document]) -> None:
    for name in ("Marta Oyelaran", "Greg Szymczak"):
        named = with_body(documents, lambda body, name=name: f"{body}\n\n{name}")
        assert kept(starter, documents, named) >= 0.99


SIGNATURE = """
--
Ottoline Brandvold
Senior Coordinator | Harrow & Vale Ltd
T +44 20 7946 0991 | www.harrowvale.example"""


def test_a_signature_is_cut_off_and_does_not_matter(starter: Classifier, documents: list[Document]) -> None:
    signed = with_body(documents, lambda body: body + "\n" + SIGNATURE)
    assert kept(starter, documents, signed) >= 0.99


QUOTES = (
    "> Can you tell me when the next invoice run is?\n> We have been waiting since June.",
    "> Thanks for the samples, the red one is lovely.\n> Regards, Tim",
)


def test_quoted_history_and_its_order_do_not_matter(starter: Classifier, documents: list[Document]) -> None:
    for first, second in (QUOTES, QUOTES[::-1]):
        history = f"\n\nOn Mon, 3 Feb 2025 at 10:12, Tim Roe wrote:\n{first}\n>\n{second}\n"
        quoted = with_body(documents, lambda body, tail=history: body + tail)
        assert kept(starter, documents, quoted) >= 0.98


REQUESTS = [
    pytest.param("The kettle came yesterday and I don't want it, how do I send it back?",
                 "The kettle has not come yet and I still want it, where is it?",
                 "returns_management", "order_processing", id="send back or not come"),
    pytest.param("Please cancel order 4471, I do not need it any more.",
                 "Please pay me back for order 4471, you cancelled it three weeks ago.",
                 "order_processing", "returns_management", id="cancel or money after cancelling"),
    pytest.param("We stand still since six, no labels left for line 3, someone must bring some now.",
                 "The lot of labels for line 3 has the wrong date printed on it, block it until QA has looked.",
                 "material_availability", "quality_control", id="short of material or bad material"),
    pytest.param("How many of the blue chairs are in the Leeds depot?",
                 "The system says 14 blue chairs in the Leeds depot, we counted 9, please correct.",
                 "stock_levels", "stock_discrepancies", id="how many or does not match"),
    pytest.param("Does this drill fit 12 mm bits? I think of buying it.",
                 "I bought this drill and it does not grip 12 mm bits, how do I tighten the chuck?",
                 "product_enquiries", "technical_help", id="before or after buying"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other", "first", "second"), REQUESTS)
def test_a_changed_request_changes_the_label(
    starter: Classifier, one: str, other: str, first: str, second: str
) -> None:
    said = [prediction.names for prediction in starter.predict([one, other])]
    assert first in said[0], said
    assert second in said[1], said


@pytest.mark.parametrize(
    "text",
    [
        "Hi, could someone reset my VPN password? My laptop locked me out this morning.",
        "Dear Sir, we are a leading SEO agency and can bring your website to the first page of search results!",
        "The canteen serves lasagne today, vegetarian option available.",
        "I am applying for the position of accountant, please find my CV attached.",
        "Out of office: I am on leave until Monday and will answer then.",
    ],
)
def test_what_nobody_here_would_do_is_out_of_scope(starter: Classifier, text: str) -> None:
    (prediction,) = starter.predict([text])
    assert not prediction.in_scope


PLAIN = [
    ("Where is my parcel? The tracking has said 'in transit' for nine days.", "order_tracking"),
    ("Please quote us for 4,000 brackets in stainless steel, delivery in May.", "sourcing_rfq"),
    ("We'd like to order 40 cases of the lemonade for Friday, same address as last time.", "order_entry"),
    ("The zip of the jacket broke after a month, can you repair it?", "warranty_repairs"),
    ("Your driver shouted at my mother. I expect an apology.", "complaints"),
    ("I can't log in to the shop, the reset mail never arrives.", "account_help"),
    ("Supplier Hartmann has been late with every delivery this quarter, we need a corrective plan from them.",
     "supplier_performance"),
    ("Move work order 8812 to the night shift, machine 4 is down until ten.", "production_scheduling"),
]  # fmt: skip


def test_plain_requests_get_their_service(starter: Classifier) -> None:
    said = [prediction.names[-1] for prediction in starter.predict([text for text, _ in PLAIN])]
    right = sum(got == service for got, (_, service) in zip(said, PLAIN, strict=True))
    assert right >= 7, list(zip(said, PLAIN, strict=True))
