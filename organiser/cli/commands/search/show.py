"""`organiser show`: everything known of photos."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from organiser.cli import context
from organiser.cli.output import Format, moment, tell, write_rows
from organiser.core.judging.correction import NO_FACE, says

if TYPE_CHECKING:
    from organiser.core.emotion import Probabilities
    from organiser.core.judging.verdict import Policy
    from organiser.jobs.views.details import PhotoReport


@click.command("show")
@click.argument("paths", nargs=-1, required=True, type=click.Path())
@click.option("--json", "form", flag_value="json", help="One JSON array.")
@click.option("--jsonl", "form", flag_value="jsonl", help="One JSON object a line.")
@click.pass_context
def command(ctx: click.Context, paths: tuple[str, ...], form: str | None) -> None:
    """Tell everything known of the photos at or below PATHS.

    Faces with boxes and all probabilities, the verdict and why, the model that gave it, files, placements, corrections
    and failures. A copy outside the library tells of the photo it shows.

    \b
    organiser show ~/Pictures/party.jpg
    organiser show ~/Collections/happy/party.jpg --json | jq '.[].faces'
    """
    from organiser.bootstrap import policy_in_force
    from organiser.index.db.engine import reading
    from organiser.jobs import paths as places
    from organiser.jobs.views.details import show

    settings = context.settings(ctx)
    engine = context.index(ctx)
    found = dict.fromkeys(key for path in paths for key in places.photos_at(engine, settings.roots, path))
    policy = policy_in_force(settings, engine)
    with reading(engine) as tx:
        reports = (report for key in found if (report := show(tx, key, policy)) is not None)
        if form is not None:
            write_rows((_row(report, policy) for report in reports), (), Format(form))
            return
        for number, report in enumerate(reports):
            if number:
                tell()
            for line in _lines(report, policy):
                tell(line)


def _row(report: "PhotoReport", policy: "Policy") -> dict[str, Any]:
    from organiser.jobs.views.details import verdict_of

    photo, verdict = report.photo, verdict_of(report, policy)
    return {
        "path": report.files[0].path if report.files else None,
        "digest": photo.digest,
        "added": moment(photo.added),
        "width": photo.width,
        "height": photo.height,
        "taken": None if photo.taken is None else photo.taken.isoformat(),
        "taken_from": photo.taken_from,
        "camera": photo.camera,
        "detect": {"outcome": photo.outcome, "detector": photo.detector, "at": moment(photo.detected)},
        "verdict": verdict and verdict | {"at": moment(verdict["at"])},
        "faces": list(_faces(report, policy)),
        "files": [{"path": file.path, "missing_since": moment(file.missing_since)} for file in report.files],
        "corrections": [
            {
                "face": number,
                "verb": correction.verb,
                "emotion": correction.emotion,
                "who": correction.who,
                "at": moment(correction.at),
            }
            for number, correction in report.corrections
        ],
        "placements": [
            {"collection": it.collection, "mode": it.mode, "target": it.target, "destination": it.destination}
            for it in report.placements
        ],
        "failures": [
            {"kind": it.kind, "reason": it.reason, "stage": it.stage, "attempts": it.attempts, "at": moment(it.at)}
            for it in report.failures
        ],
    }


def _faces(report: "PhotoReport", policy: "Policy") -> Iterator[dict[str, Any]]:
    from organiser.jobs.views.details import ignored

    width, height = report.photo.width or 1, report.photo.height or 1
    for number, face in enumerate(report.faces, 1):
        probabilities = face.probabilities
        yield {
            "face": number,
            "box": list(face.box.to_pixels(width, height)),
            "score": round(face.score, 4),
            "size": round(face.size, 1),
            "sharpness": round(face.sharpness, 1),
            "frontal": round(face.frontal, 2),
            "too_poor": ignored(report, number, policy),
            "emotion": None
            if probabilities is None
            else max(probabilities, key=lambda emotion: probabilities[emotion]),
            "probabilities": None
            if probabilities is None
            else {emotion: round(value, 4) for emotion, value in probabilities.items()},
        }


def _lines(report: "PhotoReport", policy: "Policy") -> Iterator[str]:
    photo = report.photo
    yield report.files[0].path if report.files else f"photo {photo.digest[:12]}, no file any more"
    size = f"{photo.width} × {photo.height}" if photo.width else "size unknown"
    date = f"{photo.taken}{_FROM.get(photo.taken_from or '', '')}" if photo.taken else ""
    yield "  " + ", ".join(word for word in (size, date, photo.camera) if word)
    verdict = f"{photo.emotion or photo.reason}" if photo.reason else "no verdict"
    stale = "" if photo.policy in (None, policy.fingerprint) else "; under an earlier policy"
    yield f"  verdict    {verdict}: {report.why}{stale}"
    if photo.model:
        yield f"  model      {photo.model}@{photo.model_version}, {moment(photo.judged)}"
    for face in _faces(report, policy):
        x, y, w, h = face["box"]
        poor = f"; does not count: {_POOR[face['too_poor']]}" if face["too_poor"] else ""
        yield f"  face {face['face']}     {w} × {h} at {x}, {y}; score {face['score']:.2f}{poor}"
        if face["probabilities"]:
            yield f"             {_ranked(face['probabilities'])}"
    for number, correction in report.corrections:
        what = says(correction.verb, correction.emotion)
        whom = "" if number == 0 else f"face {number} " if number else "a face not seen any more "
        yield f"  corrected  {whom}{what}, by {correction.who}, {moment(correction.at)}"
    for file in report.files:
        gone = f", missing since {moment(file.missing_since)}" if file.missing_since else ""
        yield f"  file       {file.path}{gone}"
    for placed in report.placements:
        where = placed.destination if placed.mode == "tag" else f"{placed.target}/{placed.destination}"
        yield f"  in {placed.collection:<8}{where} ({placed.mode})"
    for failure in report.failures:
        yield f"  failed     {failure.stage}: {failure.kind}: {failure.reason} ({failure.attempts} attempts)"


_FROM = {"name": " (from the file's name)", "file": " (the file's own time)"}

_POOR = {
    "small": "too small",
    "blurred": "too blurred",
    "weak": "perhaps no face",
    "turned": "turned too far away",
    NO_FACE: "somebody said that it is no face",
}


def _ranked(probabilities: "Probabilities") -> str:
    ranked = sorted(probabilities.items(), key=lambda item: -item[1])
    return ", ".join(f"{emotion} {value:.2f}" for emotion, value in ranked)
