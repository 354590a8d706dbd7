"""A training run from labelled files to a registered, perhaps promoted, version. Knows every room of training/."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from model import bundle, signing
from model import taxonomy as taxonomies
from model.classifier import Classifier
from model.taxonomy import Taxonomy
from training import seen
from training.corpus import Item, corpus_hash, refuse
from training.evaluation import Report, evaluate
from training.examination import Sources, examine
from training.expectation import expected, rows, told
from training.findings import Finding
from training.fitting import Settings, fit
from training.gate import Candidate, Terms, go_out
from training.origin import code_hash, environment
from training.reading import reference, trained_languages
from training.recording import record
from training.registry import Registry, Version
from training.shares import Alike, Shares, share_out
from training.story import ABOUT, Stated, read_stated
from training.telling import Telling, champion_told, tell

Say = Callable[[str], None]


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
    known: Alike | None = None
    """Which items say the same; None: not known yet."""
    warnings: tuple[Finding, ...] = ()
    """What is wrong with them, though not so wrong that it stops training."""
    source: str = ""
    """Where the items lie."""
    stated: Stated = field(default_factory=Stated)
    """What stands beside the taxonomy for the model card."""


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
    found = examine(sources, taxonomy, settings.seed)
    refuse(str(sources.corpus), found.findings, sources.tolerated)
    data_hash = corpus_hash(found.items, taxonomy)
    wished = json.dumps(asdict(settings), sort_keys=True)
    key = hashlib.sha256("\n".join([data_hash, wished, code_hash()]).encode()).hexdigest()
    return Inputs(
        taxonomy,
        found.prepared,
        found.corrections,
        data_hash,
        key,
        found.known,
        tuple(found.findings),
        str(sources.corpus),
        read_stated(sources.taxonomy.with_name(ABOUT)),
    )


def train(
    inputs: Inputs,
    settings: Settings,
    registry: Registry,
    say: Say,
    *,
    terms: Terms,
    key: Path | None = None,
    telling: Telling | None = None,
) -> Outcome:
    """Fits, calibrates, reports, signs with a private key, registers, and promotes where nothing speaks against it."""
    with registry.work() as scratch:
        shares = share_out(inputs.items, settings.seed, known=inputs.known)
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
        expectations = expected(classifier, shares, settings)
        for line in told(expectations):
            say(line)
        folder = signed(classifier, scratch, key)
        extras = folder.with_name("extras")
        extras.mkdir()
        (extras / seen.FILE).write_bytes(seen.packed([*shares.fit, *shares.calibration]))
        telling = telling or Telling()
        story = tell(inputs, shares, classifier, report, settings, telling, say)
        story = champion_told(story, registry, shares.test, scratch / "champion")
        story = replace(story, expected=rows(expectations), expected_how=expectations.how)
        version = record(registry, folder, story, telling)
        say(f"registered as version {version.number} of {registry.name}, alias challenger")
        mine = Candidate(version, classifier, shares.test, report)
        reasons = go_out(registry, mine, scratch / "champion", terms, say)
    if terms.promote and not reasons:
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
        "versions": environment(),
    }
    return replace(classifier, about=about, reference=reference(classifier, shares.test))


def signed(classifier: Classifier, scratch: Path, key: Path | None) -> Path:
    """The model folder of a classifier, below `scratch`; with a signature where there is a key to sign with."""
    bundle.save(classifier, scratch / "bundle")
    if key is not None:
        signing.sign(scratch / "bundle", key)
    return scratch / "bundle"
