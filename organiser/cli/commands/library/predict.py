"""`organiser predict`: what is this picture? Touches no index."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import click

from organiser.cli import context
from organiser.cli.output import Format, format_options, write_rows

if TYPE_CHECKING:
    from organiser.jobs.actions.predict import Predictor

_COLUMNS = ("status", "emotion", "confidence", "reason", "faces", "path")
_CSV = ("path", "status", "error", "width", "height", "emotion", "confidence", "reason", "model", "faces")


@click.command("predict")
@click.argument("paths", nargs=-1, required=True, type=click.Path())
@click.option("--cropped", is_flag=True, help="Every picture is one face already.")
@format_options()
@click.option("--model", metavar="M", help="A bundle's folder, or the name of a model at hand; default: shipped.")
@click.pass_context
def command(ctx: click.Context, paths: tuple[str, ...], cropped: bool, form: str | None, model: str | None) -> None:
    """Read the pictures PATHS, and those below folders, without touching any index.

    One JSON object a line, in the order given; docs/json-schema.md describes it. Exit code 3 when some could not be
    read.

    \b
    organiser predict portrait.jpg
    organiser predict --cropped --table faces/
    organiser predict ~/Pictures | jq -r 'select(.emotion == "sad") | .path'
    """
    from organiser.jobs.actions import predict

    predictor = _predictor(ctx, model, cropped=cropped)
    failed = 0

    def rows() -> Iterator[Mapping[str, Any]]:
        nonlocal failed
        for answer in predict.predict(paths, predictor):
            failed += answer.failed is not None
            row = predict.as_json(answer, predictor.classifier.spec.model)
            yield row if shape in (Format.JSON, Format.JSONL) else row | {"faces": len(answer.faces)}

    shape = Format(form or Format.JSONL)
    write_rows(rows(), _COLUMNS if shape is Format.TABLE else _CSV, shape)
    if failed:
        ctx.exit(3)


def _predictor(ctx: click.Context, model: str | None, *, cropped: bool) -> "Predictor":
    """Put together what a scan would read with, but for the index."""
    from organiser import bootstrap
    from organiser.jobs.actions.models import SHIPPED, bundle_of
    from organiser.jobs.actions.predict import Predictor
    from organiser.jobs.services import ActiveModel
    from organiser.vision.bundle import load

    settings = context.settings(ctx)
    bundle = load(bundle_of(settings.home, model or SHIPPED))
    backend = bootstrap.backend_for(bundle, settings.device)
    detector, _ = bootstrap.make_detector(settings.detector)
    options = bootstrap.detect_options(settings)
    classifier = bootstrap.make_classifier(ActiveModel(0, bundle, backend))
    return Predictor(detector(), classifier, settings.to_policy(), options, cropped)
