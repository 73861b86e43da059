"""The model card of a bundle, written from its manifest alone, so that card and figures cannot drift apart."""

from collections.abc import Mapping
from typing import Any

from organiser.vision.bundle import Manifest

_FACTS = """\
## What it does

It gives every {subject} a calibrated probability of each of these expressions: {labels}. A label means how a {subject} *looks* \
to people who were asked, not what anybody felt.

## Data

{data}

## Intended use

Sorting one's own photographs on one's own machine. Not for judging people at work, at school, in interviews, in \
advertising or by authorities; not for diagnosis; not for single pictures on which anything depends.

## Known limits

{limits}
"""

_LIMITS = {
    "face": """\
- Faces below about 20 pixels, strong turns of the head and hidden mouths cost accuracy.
- Smiles out of politeness look happy to it, as they do to raters.""",
    "photo": "- It knows of no face: whatever goes along with an expression in the pictures it learned from may sway it.",
}

_SETS = {
    "fer2013": """\
FER2013 (ICML 2013 workshop challenge; research use) without its private split: its Training split, less a \
duplicate-grouped tenth that took part in no choice, to learn from; PublicTest to choose and to calibrate. Web \
pictures, posed and frontal; no skin tone, age or sex is named, so no result by group can be given.""",
    "muxspace": """\
muxspace facial expressions (Apache-2.0; faces largely from LFW and films): people who are often photographed; \
nothing is named of them either.""",
}

_VOTES = """\
FER+ votes (MIT) of ten raters for happy, sad, angry, fear and surprise files of FER2013. Labels and votes are mixed \
{votes:.0%} votes to {hard:.0%} label where there are votes, otherwise the label alone; neutral votes for a face \
labelled otherwise count {pull} times, which keeps the recall of sad. Votes for contempt are left out of the mixture; \
a face that at least five raters called unknown or no face is left out altogether."""

_CORRECTED = """\
The last layer was taught {learned} corrections of one person ({emotions}), held in place by features drawn as those of \
the validation faces of {parent} are spread. {kept_back} more were kept back. All else was learned by {parent}, and so \
was the calibration:"""

_OWN_ANSWERS = """ \
After {after} epochs, {share:.0%} of every target is what the averaged network itself answers."""

_DISTILLED = """ \
{share:.0%} of every target is what networks trained before on the same faces answer to the face and its mirror image."""

_TEACHERS_BACKBONE = """ \
One of them began with weights trained by others (sha256 {digest}): HSE FaceRes where docs/training.md was followed."""


def model_card(manifest: Manifest) -> str:
    """Return the card as Markdown."""
    entry = manifest.input
    head = (
        f"# {manifest.model}\n\n"
        f"Input {entry.width}×{entry.height}, {'grey' if entry.channels == 1 else 'RGB'}, cut from a kept picture "
        f"(`{manifest.crop}`) at {entry.window}; {manifest.views} view(s); int8 LiteRT and float16 Keras weights.\n\n"
    )
    facts = _FACTS.format(
        subject=manifest.subject,
        labels=", ".join(manifest.labels),
        data=_data(manifest.provenance),
        limits=_limits(manifest),
    )
    return head + facts + "\n" + _results(manifest.metrics) + _audited(manifest.metrics.get("audit"))


def _limits(manifest: Manifest) -> str:
    alike = [label for label in ("sad", "fear", "neutral") if label in manifest.labels]
    if len(alike) < 2:
        return _LIMITS[manifest.subject]
    confused = f"{' and '.join((', '.join(alike[:-1]), alike[-1]))} are confused with one another, by raters as well."
    return f"- {confused.capitalize()}\n{_LIMITS[manifest.subject]}"


def _data(provenance: Mapping[str, Any]) -> str:
    """Say what it was taught, from what its run recorded."""
    config = provenance["config"]
    targets = config["targets"]
    parts = [_corrected(provenance)] if "parent" in provenance else []
    parts += [_SETS.get(name, f"`{name}`, a set of whoever trained it.") for name in provenance["sources"]]
    if provenance["votes"] and targets["votes"]:
        parts.append(_VOTES.format(votes=targets["votes"], hard=1 - targets["votes"], pull=targets["neutral_pull"]))
    if config["per_class"]:
        parts.append(f"Of every class at most {config['per_class']} pictures.")
    learned = f"Label smoothing is {targets['smoothing']}. No picture is part of this bundle."
    if provenance.get("teachers"):
        learned += _DISTILLED.format(share=config["refine"])
        learned += "".join(
            _TEACHERS_BACKBONE.format(digest=digest) for digest in provenance.get("teacher_backbones", ())
        )
    elif config["refine"]:
        learned += _OWN_ANSWERS.format(share=config["refine"], after=config["refine_from"])
    return "\n\n".join([*parts, learned])


def _corrected(provenance: Mapping[str, Any]) -> str:
    learned, back = {}, 0
    for key, count in provenance["corrections"].items():
        label, fold = key.split("/")
        if fold == "train":
            learned[label] = count
        else:
            back += count
    emotions = ", ".join(f"{label} {count}" for label, count in learned.items())
    parent = provenance["parent"]["model"]
    return _CORRECTED.format(learned=sum(learned.values()), emotions=emotions, parent=parent, kept_back=back)


def _results(metrics: Mapping[str, Any]) -> str:
    lines = ["## Results", "", "Of the int8 network, with 95 % bootstrap intervals.", ""]
    folds = [(name, metrics[name]) for name in ("validation", "kept_back", "held_out") if name in metrics]
    if folds:
        lines += ["| figure | " + " | ".join(name.replace("_", " ") for name, _ in folds) + " |"]
        lines.append("|---" * (len(folds) + 1) + "|")
    for key, title in _ROWS:
        if any(key in figures for _, figures in folds):
            lines.append(f"| {title} | " + " | ".join(_cell(figures, key) for _, figures in folds) + " |")
    for name, figures in folds:
        lines += ["", f"{name.replace('_', ' ').capitalize()}, {figures['faces']} faces:", ""]
        lines += ["| class | precision | recall | F1 | faces |", "|---|---|---|---|---|"]
        for label, s in figures["report"].items():
            lines.append(f"| {label} | {s['precision']:.3f} | {s['recall']:.3f} | {s['f1']:.3f} | {s['support']} |")
    int8 = metrics["int8"]
    keras, litert = int8["keras_accuracy"], int8["litert_accuracy"]
    lines += ["", f"Accuracy on {int8['faces']} inputs: {keras:.4f} as float16 Keras, {litert:.4f} as int8 LiteRT."]
    return "\n".join(lines) + "\n"


_ROWS = (
    ("happy_sad_accuracy", "happy against sad, accuracy"),
    ("happy_sad_auc", "happy against sad, ROC-AUC"),
    ("happy_f1", "happy among all, F1"),
    ("sad_f1", "sad among all, F1"),
    ("accuracy", "accuracy over all classes"),
    ("ece", "expected calibration error"),
    ("wrong_at_90_coverage", "happy against sad, wrong at 90 % coverage"),
)


def _audited(audit: Mapping[str, Any] | None) -> str:
    """Return the section on the disturbed slices of an audit; nothing where there was none."""
    if not audit:
        return ""
    lines = ["", "## Robustness", "", f"The same {audit['faces']} faces disturbed, by the run's float32 network.", ""]
    lines += ["| slice | happy against sad | happy F1 | sad F1 |", "|---|---|---|---|"]
    for name, figures in audit["slices"].items():
        cells = [f"{figures[key]:.3f}" for key in ("happy_sad_accuracy", "happy_f1", "sad_f1")]
        lines.append("| " + " | ".join([name, *cells]) + " |")
    lines += ["", f"Attention on the face: {audit['on_face']:.2f}.", ""]
    lines += [f"- fell: {text}" for text in audit["fallen"]] or ["No slice fell off a cliff."]
    return "\n".join(lines) + "\n"


def _cell(figures: Mapping[str, Any], key: str) -> str:
    if key not in figures:
        return "–"
    text = f"{figures[key]:.3f}"
    if f"{key}_95" in figures:
        low, high = figures[f"{key}_95"]
        text += f" ({low:.3f}–{high:.3f})"
    return text
