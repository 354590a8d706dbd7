"""The estimator keeps scikit-learn's conventions wherever they apply to text."""

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import estimator_checks, get_tags

from model import bundle
from model.document import Document
from training.corpus import Item
from training.estimator import TextClassifier

Data = tuple[list[str], np.ndarray]


@pytest.fixture(scope="module")
def data(few: list[Item]) -> Data:
    inside = [item for item in few if item.labels[1] in {"order_processing", "vendor_management", "production_support"}]
    return [item.document.text for item in inside], np.array([item.labels[1] for item in inside])


CHECKS = (
    "check_do_not_raise_errors_in_init_or_set_params",
    "check_estimator_cloneable",
    "check_estimator_repr",
    "check_estimator_tags_renamed",
    "check_get_params_invariance",
    "check_mixin_order",
    "check_no_attributes_set_in_init",
    "check_parameters_default_constructible",
    "check_set_params",
    "check_valid_tag_types",
)
"""scikit-learn's own checks that do not feed matrices of numbers; the tests below say the rest on texts."""


@pytest.mark.parametrize("name", CHECKS)
def test_a_check_of_scikit_learn_passes(name: str) -> None:
    getattr(estimator_checks, name)("TextClassifier", TextClassifier())


def test_it_says_that_it_takes_texts() -> None:
    tags = get_tags(TextClassifier())
    assert (tags.input_tags.string, tags.input_tags.two_d_array, tags.estimator_type) == (True, False, "classifier")


def test_predicting_before_fitting_is_said_to_be_so() -> None:
    for method in ("predict", "predict_proba", "decision_function"):
        with pytest.raises(NotFittedError):
            getattr(TextClassifier(), method)(["a text"])


def test_predicting_changes_nothing_and_rows_do_not_depend_on_each_other(data: Data) -> None:
    made = TextClassifier().fit(*data)
    before = dict(vars(made))
    whole = made.predict_proba(data[0])
    assert vars(made) == before
    order = np.random.default_rng(0).permutation(len(data[0]))
    assert np.allclose(made.predict_proba([data[0][k] for k in order]), whole[order], atol=1e-6)
    assert np.allclose(made.predict_proba(data[0][:3]), whole[:3], atol=1e-6)


def test_a_pickled_estimator_answers_the_same(data: Data) -> None:
    made = TextClassifier().fit(*data)
    again = pickle.loads(pickle.dumps(made))  # noqa: S301 - as joblib does between processes
    assert np.array_equal(again.predict_proba(data[0]), made.predict_proba(data[0]))


@pytest.mark.parametrize("labels", [["a", "b"], [3, 5], [True, False], ["a", "b", "c"]])
def test_labels_of_any_kind_come_back_as_they_were(labels: list[Any]) -> None:
    texts = ["the cat purrs", "a boat sails", "bread is baked"][: len(labels)]
    made = TextClassifier().fit(texts * 3, labels * 3)
    assert made.predict(texts).tolist() == labels
    assert made.decision_function(texts).shape == ((2,) if len(labels) == 2 else (3, 3))
    assert made.score(texts, labels) == 1.0


def test_labels_that_are_measurements_are_refused() -> None:
    with pytest.raises(ValueError, match="Unknown label type"):
        TextClassifier().fit(["a", "b"], [0.5, 1.7])


def test_it_works_in_cross_validation_with_several_processes(data: Data) -> None:
    assert cross_val_score(TextClassifier(), *data, cv=3, n_jobs=2).mean() > 0.6


def test_it_works_in_a_grid_and_in_a_pipeline(data: Data) -> None:
    pipeline = make_pipeline(FunctionTransformer(list), TextClassifier())
    search = GridSearchCV(pipeline, {"textclassifier__margin": [0.0, 4.0]}, cv=2).fit(*data)
    assert search.best_score_ > 0.5


def test_a_clone_has_the_same_parameters_and_learns_the_same(data: Data) -> None:
    one = TextClassifier(margin=2.0).fit(*data)
    two = clone(one).fit(*data)
    assert np.array_equal(one.predict_proba(data[0]), two.predict_proba(data[0]))


def test_the_exported_folder_gives_the_same_probabilities(data: Data, tmp_path: Path) -> None:
    made = TextClassifier().fit(*data)
    made.export(tmp_path / "folder")
    (columns,) = bundle.load(tmp_path / "folder").probabilities([Document(body=text) for text in data[0]])
    served = columns[:, :-1] / columns[:, :-1].sum(axis=1, keepdims=True)
    assert np.abs(served - made.predict_proba(data[0])).max() <= 1e-5


@pytest.mark.parametrize(
    ("X", "y", "said"),
    [
        ("one text", ["a"], "X is one text"),
        ([], [], "X is empty"),
        (["a", 5], ["x", "y"], "X holds a int"),
        (["a", "b"], ["x"], "as many labels as texts"),
        (["a", "b"], ["x", "x"], "at least two classes"),
        (np.array([["a"], ["b"]]), ["x", "y"], "2 dimensions"),
    ],
)
def test_wrong_input_is_a_value_error_that_says_why(X: object, y: list[str], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        TextClassifier().fit(X, y)  # type: ignore[arg-type]
