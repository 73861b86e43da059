"""The model card of a bundle, written from its manifest alone, so that card and figures cannot drift apart."""

from collections.abc import Mapping
from typing import Any

from organiser.vision.bundle import Manifest

_FACTS = """\
## What it does

It gives every face a calibrated probability of each of these expressions: {labels}. A label means how a face *looks* \
to people who were asked, not what the person felt.

## Data

{data}

## Intended use

Sorting one's own photographs on one's own machine. Not for judging people at work, at school, in interviews, in \
advertising or by authorities; not for diagnosis; not for single pictures on which anything depends.

## Known limits

- The sets it learned from name no skin tone, age or sex, so no result by group can be given. They are web and press \
pictures: posed, frontal, of people who are often photographed.
- Sad, fear and neutral are confused with one another, by raters as well; see the confusion matrix.
- Faces below about 20 pixels, strong turns of the head and hidden mouths cost accuracy; see the audit.
- Smiles out of politeness look happy to it, as they do to raters.
"""

_DATA = {
    "face": """\
FER2013 (ICML 2013 workshop challenge; research use) without its private split: its Training split, less a \
duplicate-grouped tenth that took part in no choice, to learn from; PublicTest to choose and to calibrate. FER+ votes \
(MIT) of ten raters for happy, sad, angry, fear and surprise files. muxspace facial expressions (Apache-2.0; faces \
largely from LFW and films). No picture is part of this bundle.

Labels and votes are mixed {votes:.0%} votes to {hard:.0%} label where there are votes, otherwise the label alone; \
neutral votes for a face labelled otherwise count {pull} times, which keeps the recall of sad. Votes for contempt are \
left out of the mixture; a face that at least five raters called unknown or no face is left out altogether. Label \
smoothing is {smoothing}.""",
    "photo": "Whole pictures, named in the provenance of the manifest. No picture is part of this bundle.",
}

_OWN_ANSWERS = """ \
After {after} epochs, {share:.0%} of every target is what the averaged network itself answers."""


def model_card(manifest: Manifest) -> str:
    """Return the card as Markdown."""
    config = manifest.provenance["config"]
    targets = config["targets"]
    data = _DATA[manifest.subject].format(
        votes=targets["votes"], hard=1 - targets["votes"], pull=targets["neutral_pull"], smoothing=targets["smoothing"]
    )
    if config.get("refine"):
        data += _OWN_ANSWERS.format(share=config["refine"], after=config["refine_from"])
    entry = manifest.input
    head = (
        f"# {manifest.model}\n\n"
        f"Input {entry.width}×{entry.height}, {'grey' if entry.channels == 1 else 'RGB'}, cut from a kept picture "
        f"(`{manifest.crop}`) at {entry.window}; {manifest.views} view(s); int8 LiteRT and float16 Keras weights.\n\n"
    )
    return head + _FACTS.format(labels=", ".join(manifest.labels), data=data) + "\n" + _results(manifest.metrics)


def _results(metrics: Mapping[str, Any]) -> str:
    lines = ["## Results", "", "Of the int8 network, with 95 % bootstrap intervals.", ""]
    folds = [(name, metrics[name]) for name in ("validation", "held_out") if name in metrics]
    lines += ["| figure | " + " | ".join(name.replace("_", " ") for name, _ in folds) + " |"]
    lines.append("|---" * (len(folds) + 1) + "|")
    for key, title in _ROWS:
        if key in folds[0][1]:
            lines.append(f"| {title} | " + " | ".join(_cell(figures, key) for _, figures in folds) + " |")
    for name, figures in folds:
        lines += ["", f"{name.replace('_', ' ').capitalize()}, {figures['faces']} faces:", ""]
        lines += ["| class | precision | recall | F1 | faces |", "|---|---|---|---|---|"]
        for label, s in figures["report"].items():
            lines.append(f"| {label} | {s['precision']:.3f} | {s['recall']:.3f} | {s['f1']:.3f} | {s['support']} |")
    int8 = metrics["int8"]
    lines += [
        "",
        f"Accuracy {int8['keras_accuracy']:.4f} as Keras float32, {int8['litert_accuracy']:.4f} as int8 LiteRT.",
    ]
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


def _cell(figures: Mapping[str, Any], key: str) -> str:
    text = f"{figures[key]:.3f}"
    if f"{key}_95" in figures:
        low, high = figures[f"{key}_95"]
        text += f" ({low:.3f}–{high:.3f})"
    return text
