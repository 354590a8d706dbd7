"""A training run from labelled files to a registered, perhaps promoted, version. Knows every room of training/."""

import hashlib
import json
import platform
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version as version_of
from pathlib import Path

from model import bundle, signing
from model import taxonomy as taxonomies
from model.classifier import Classifier
from model.errors import BundleError, CorpusError, LabelError
from model.taxonomy import Taxonomy
from training.corpus import Item, corpus_hash, merged, read_corpus
from training.evaluation import Report, evaluate
from training.fitting import Settings, fit
from training.promotion import objections
from training.reading import prepared, reference, trained_languages
from training.registry import CHAMPION, Registry, Run, Version
from training.shares import Shares, share_out

LIBRARIES = ("numpy", "scipy", "scikit-learn", "mlflow")
FEWEST = 2
"""Items per label below which training does not start."""
Say = Callable[[str], None]


@dataclass(frozen=True)
class Sources:
    """Where a run's inputs lie."""

    taxonomy: Path
    corpus: Path
    corrections: Path | None = None
    """JSON lines that the store wrote; missing is none."""


@dataclass(frozen=True)
class Inputs:
    """Everything a run depends on, read and checked."""

    taxonomy: Taxonomy
    items: list[Item]
    """Prepared as a server prepares what it is sent."""
    corrections: int
    """Items that are corrections."""
    data_hash: str
    """Of the items as they stand in the files, before they were prepared."""
    key: str
    """Hash of data, settings and code: the same key gives the same model."""


@dataclass(frozen=True)
class Outcome:
    """What a run came to."""

    version: Version
    report: Report
    objections: list[str]
    """Why it was not promoted; empty where it was."""


def read_inputs(sources: Sources, settings: Settings) -> Inputs:
    """Reads and checks what a run needs. Raises TaxonomyError or CorpusError with every fault."""
    taxonomy = taxonomies.load(sources.taxonomy)
    items = read_corpus(sources.corpus, taxonomy)
    corrections: list[Item] = []
    if sources.corrections is not None and sources.corrections.exists():
        corrections = read_corpus(sources.corrections, taxonomy)
        items = merged(items, corrections)
    check(items, taxonomy, str(sources.corpus))
    data_hash = corpus_hash(items, taxonomy)
    told = json.dumps(asdict(settings), sort_keys=True)
    key = hashlib.sha256("\n".join([data_hash, told, code_hash()]).encode()).hexdigest()
    return Inputs(taxonomy, prepared(items), len(corrections), data_hash, key)


def check(items: Sequence[Item], taxonomy: Taxonomy, name: str) -> None:
    """Raises CorpusError where labels have too few items to be learned and measured."""
    faults = []
    for k, level in enumerate(taxonomy.levels):
        counts = dict.fromkeys(level.labels, 0)
        for item in items:
            if item.labels[k] in counts:
                counts[item.labels[k]] += 1
        faults += [
            f"{level.name} {label!r} has {count} items; at least {FEWEST} are needed"
            for label, count in counts.items()
            if count < FEWEST
        ]
    if faults:
        raise CorpusError(name, faults)


def code_hash() -> str:
    """SHA-256 of the code that decides what a model becomes: model/ and training/."""
    root = Path(__file__).resolve().parent.parent
    digest = hashlib.sha256()
    for path in sorted([*root.glob("model/**/*.py"), *root.glob("training/*.py")]):
        digest.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()


def train(
    inputs: Inputs,
    settings: Settings,
    registry: Registry,
    say: Say,
    *,
    promote: bool = True,
    key: Path | None = None,
) -> Outcome:
    """Fits, calibrates, reports, signs with a private key, registers, and promotes where nothing speaks against it."""
    shares = share_out(inputs.items, settings.seed)
    say(
        f"{len(inputs.items)} items ({inputs.corrections} corrected): {len(shares.fit)} to fit, "
        f"{len(shares.calibration)} to calibrate, {len(shares.test)} to test"
    )
    classifier = make(inputs, shares, settings, say)
    report = evaluate(classifier, shares.test)
    for name, level in report.levels.items():
        say(
            f"{name:10} accuracy {level.accuracy:6.1%}   macro-F1 {level.macro_f1:.3f}   "
            f"calibration error {level.calibration_error_before:.3f} -> {level.calibration_error:.3f}"
        )
    champion = registry.find(CHAMPION)
    rival = None if champion is None else champion_report(registry, champion, shares.test, say)
    with tempfile.TemporaryDirectory(prefix="sortation-") as scratch:
        version = record(registry, signed(classifier, Path(scratch), key), report, inputs, settings)
    say(f"registered as version {version.number} of {registry.name}, alias challenger")
    reasons = objections(report, rival)
    if reasons:
        registry.object(version, reasons)
    elif promote:
        registry.promote(version, "no objections after training")
        say(f"version {version.number} is the champion")
    return Outcome(version, report, reasons)


def make(inputs: Inputs, shares: Shares, settings: Settings, say: Say) -> Classifier:
    """The classifier of a run, with what it says about itself."""
    classifier = fit(
        shares.fit,
        shares.calibration,
        inputs.taxonomy,
        settings,
        lambda epoch, epochs: say(f"fitting: pass {epoch + 1} of {epochs}"),
    )
    about = {
        "data_hash": inputs.data_hash,
        "inputs": inputs.key,
        "settings": asdict(settings),
        "languages": trained_languages(shares.fit),
        "items": {"fit": len(shares.fit), "calibration": len(shares.calibration), "test": len(shares.test)},
        "versions": {"python": platform.python_version()} | {name: version_of(name) for name in LIBRARIES},
    }
    return replace(classifier, about=about, reference=reference(classifier, shares.test))


def champion_report(registry: Registry, champion: Version, test: Sequence[Item], say: Say) -> Report | None:
    """The champion's report on the same test items; None where it answers other questions or cannot be read."""
    with tempfile.TemporaryDirectory(prefix="sortation-") as scratch:
        try:
            return evaluate(bundle.load(registry.fetch(champion, Path(scratch)), mapped=False), test)
        except (BundleError, LabelError, KeyError) as error:
            say(f"version {champion.number} cannot be compared with: {error}")
            return None


def signed(classifier: Classifier, scratch: Path, key: Path | None) -> Path:
    """The model folder of a classifier, below `scratch`; with a signature where there is a key to sign with."""
    bundle.save(classifier, scratch / "bundle")
    if key is not None:
        signing.sign(scratch / "bundle", key)
    return scratch / "bundle"


def record(registry: Registry, folder: Path, report: Report, inputs: Inputs, settings: Settings) -> Version:
    """Registers a model folder with its report and plots, which are put beside it."""
    from training.plots import draw

    extras = folder.with_name("extras")
    draw(report, extras / "plots")
    (extras / "report.json").write_text(json.dumps(report.as_plain(), indent=1), encoding="utf-8")
    parameters = {f"recipe.{k}": v for k, v in asdict(settings.recipe).items()} | {
        "strength": settings.strength,
        "margin": settings.margin,
        "seed": settings.seed,
        "items": len(inputs.items),
        "corrections": inputs.corrections,
        "taxonomy": inputs.taxonomy.name,
        "vectors": "none" if settings.vectors is None else str(settings.vectors),
    }
    tags = {
        "data_hash": inputs.data_hash,
        "inputs": inputs.key,
        "fingerprint": bundle.fingerprint(folder),
        "format": str(bundle.FORMAT),
        "taxonomy": inputs.taxonomy.name,
    }
    return registry.record(Run(parameters, report.metrics(), tags, folder, extras))
