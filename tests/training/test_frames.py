"""Data frames in and out."""

import numpy as np
import pandas as pd
import pytest

from model.classifier import Classifier
from model.document import Document
from model.errors import BundleError, SortationError
from training.frames import FrameClassifier, _load_pyfunc, outputs


def test_a_row_per_row_with_its_index_and_the_columns_in_order(classifier: Classifier) -> None:
    frame = pd.DataFrame({"text": ["Where is my parcel?", "I want my money back"] * 400, "id": range(800)})
    frame.index = pd.Index(np.arange(800) * 3)
    answer = FrameClassifier(classifier).predict(frame)
    assert list(answer.columns) == outputs(classifier.taxonomy.level_names)
    assert answer.index.equals(frame.index)
    (alone,) = classifier.predict(["Where is my parcel?"])
    assert tuple(answer.iloc[798][list(classifier.taxonomy.level_names)]) == alone.names
    assert answer["confidence"].iloc[798] == pytest.approx(alone.joint)


def test_text_is_prepared_as_a_server_prepares_it(classifier: Classifier) -> None:
    message = "Where is my parcel?"
    quoted = f"{message}\n\nOn Mon, 2 Mar 2026 Jo wrote:\n> I want a refund, the kettle is broken"
    frame = pd.DataFrame({"body": [message, quoted], "channel": ["email", "email"]})
    plain, with_quote = FrameClassifier(classifier).predict(frame).to_dict("records")
    assert plain == with_quote


def test_text_counts_as_a_body(classifier: Classifier) -> None:
    answer = FrameClassifier(classifier).predict(
        pd.DataFrame({"text": ["Broken lamp", None], "body": [None, "Broken lamp"], "subject": ["Order", "Order"]})
    )
    assert answer.iloc[0].to_dict() == answer.iloc[1].to_dict()
    (right,) = classifier.predict([Document("Order", "Broken lamp")])
    assert answer["confidence"].iloc[0] == pytest.approx(right.joint)


def test_no_rows_give_no_rows(classifier: Classifier) -> None:
    assert FrameClassifier(classifier).predict(pd.DataFrame({"text": []})).empty


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"message": ["x"]}, "needs a column text"),
        ({"text": ["x", "  "]}, "row 1 has neither"),
        ({"text": ["x", None]}, "row 1 has neither"),
        ({"text": ["x", 7]}, "row 1 holds something that is no text"),
        ({"text": ["x"], "channel": ["fax"]}, "channel 'fax' is unknown"),
    ],
)
def test_what_cannot_be_classified_is_named(classifier: Classifier, columns: dict[str, list[str]], said: str) -> None:
    with pytest.raises(SortationError, match=said):
        FrameClassifier(classifier).predict(pd.DataFrame(columns))


def test_a_version_that_nobody_trusted_signed_is_refused_where_keys_are_named(
    tmp_path_factory: pytest.TempPathFactory, classifier: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    from model import bundle, signing

    home = tmp_path_factory.mktemp("signed")
    bundle.save(classifier, home / "bundle")
    assert _load_pyfunc(str(home / "bundle")).classifier.taxonomy == classifier.taxonomy
    key = signing.own_key(home)
    monkeypatch.setenv("SORTATION_TRUSTED_KEYS", str(home / "trusted"))
    with pytest.raises(BundleError, match="carries no signature"):
        _load_pyfunc(str(home / "bundle"))
    signing.sign(home / "bundle", key)
    assert _load_pyfunc(str(home / "bundle")).classifier.taxonomy == classifier.taxonomy
