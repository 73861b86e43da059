"""`organiser reclassify`: judge again what is stale, or say what would change."""

import functools
from collections import Counter
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import click

from organiser.cli import context, output

if TYPE_CHECKING:
    from organiser.index.tables.mixtures import Estimate
    from organiser.jobs.actions.reclassify import Plan
    from organiser.jobs.services import Services

_SAMPLE = 2000


@click.command("reclassify")
@click.argument("words", nargs=-1, metavar="[QUERY]")
@click.option("--model", help="NAME@VERSION or a bundle's folder: judge by it from now on, or with --dry-run try it.")
@click.option(
    "--dry-run",
    is_flag=True,
    help="Say what is stale, its cost and which photos would change, by the policy, its mixture or --model.",
)
@click.option(
    "--estimate-mixture",
    "estimating",
    is_flag=True,
    help="Estimate how common each emotion is among the library's faces, and judge by it from now on.",
)
@click.option("--drop-mixture", "dropping", is_flag=True, help="Judge without such an estimate from now on.")
@click.option("--all", "whole", is_flag=True, help=f"Try the model on everything instead of {_SAMPLE} photos.")
@click.option("--json", "as_json", is_flag=True, help="The outcome as one JSON object.")
@click.pass_context
def command(
    ctx: click.Context,
    words: tuple[str, ...],
    model: str | None,
    dry_run: bool,
    estimating: bool,
    dropping: bool,
    whole: bool,
    as_json: bool,
) -> None:
    """Judge again whatever the active model or policy has not judged yet, of all photos or those QUERY selects.

    Only stored face crops are read, no photo is opened. With a broker the work is queued, without it is done here.

    QUERY says what comes first, not what is spared: a model judges everything from when it is active, so the rest
    follows with the next scan, or by itself where the service runs.

    A model was calibrated on faces of which many are sad; in a library few may be. --estimate-mixture has each
    face's probabilities corrected for that when they are folded; those stored stay as they are.

    \b
    organiser reclassify
    organiser reclassify taken:2024 --model faces@2
    organiser reclassify --model faces@2 --dry-run
    organiser reclassify --estimate-mixture --dry-run
    """
    from organiser.core.query.parse import query_text
    from organiser.jobs.actions import mixture, reclassify

    if estimating + dropping + bool(model) > 1:
        raise click.UsageError("--model, --estimate-mixture and --drop-mixture exclude each other")
    services = context.services(ctx)
    query = query_text(words)
    estimate = mixture.estimate(services) if estimating else None
    if dry_run:
        shares = estimate.shares if estimate else {}
        tried = replace(services, mixture=lambda: shares) if estimating or dropping else services
        found = reclassify.plan(tried, query, model, None if whole else _SAMPLE)
        _tell_plan(found, model, estimate, as_json=as_json)
        return
    if estimating or dropping:
        mixture.keep(services, estimate)
    if model:
        reclassify.activate(services, model)
    done = _begin(ctx, services, query)
    if as_json:
        output.write_json(done | _mixture(estimate))
        return
    _tell_mixture(estimate)
    if "messages" in done:
        output.say(f"queued {_photos(done['photos'])}" if done["photos"] else "nothing of it is stale")
    else:
        output.say(f"judged {_photos(done.get('judged', 0))}, classified {done.get('classified', 0)} faces")
    if done["left"]:
        who = "the service judges them by itself" if "messages" in done else "the next scan judges them"
        output.say(f"  {done['left']} more are stale: {who}")


def _photos(count: int) -> str:
    return f"{count} photo{'' if count == 1 else 's'}"


def _begin(ctx: click.Context, services: "Services", query: str) -> dict[str, Any]:
    """Queue the work where there is a queue, else do it."""
    from organiser.bootstrap import open_queue
    from organiser.index.db.engine import writing
    from organiser.index.tables import runs
    from organiser.jobs.actions import reclassify, schedules

    queue = open_queue(context.settings(ctx))
    if queue is not None:
        arguments = {"query": query} if query else {}
        messages = schedules.begin(services, "reclassify", arguments, "command line", queue.submit)
        photos = sum(len(message.photo_ids or ()) for message in messages if hasattr(message, "photo_ids"))
        return {"messages": len(messages), "photos": photos, "left": reclassify.count_stale(services) - photos}
    with writing(services.engine) as tx:
        run_id = runs.start(tx, "reclassify", "command line", {"query": query}, services.clock())
    counts = _do_here(ctx, services, list(reclassify.messages(services, query, run_id)))
    with writing(services.engine) as tx:
        runs.end(tx, run_id, counts, services.clock())
    return {**counts, "left": reclassify.count_stale(services)}


def _do_here(ctx: click.Context, services: "Services", messages: list[Any]) -> Counter[str]:
    from organiser.bootstrap import open_services
    from organiser.jobs.drivers.local import LocalRunner

    counts: Counter[str] = Counter()
    if not messages:
        return counts
    settings = context.settings(ctx)
    opened = functools.partial(open_services, settings)
    with LocalRunner(services, opened, min(settings.processes, len(messages))) as runner:
        for progress in runner.run(messages):
            counts = Counter(progress.counts)
    return counts


def _mixture(estimate: "Estimate | None") -> dict[str, Any]:
    return {"mixture": asdict(estimate)} if estimate else {}


def _tell_mixture(estimate: "Estimate | None") -> None:
    if estimate:
        shares = ", ".join(f"{emotion} {share:g}" for emotion, share in estimate.shares.items())
        output.say(f"of {estimate.faces} faces as {estimate.model} reads them: {shares}")


def _tell_plan(plan: "Plan", model: str | None, estimate: "Estimate | None", *, as_json: bool) -> None:
    flips = Counter((flip.before, flip.after) for flip in plan.flips)
    if as_json:
        changes = [{"from": before, "to": after, "photos": count} for (before, after), count in flips.most_common()]
        ids = [flip.photo_id for flip in plan.flips]
        flipped = [{"path": flip.path, "from": flip.before, "to": flip.after} for flip in plan.flips]
        values = {"photos": plan.photos, "faces": plan.faces, "seconds": plan.seconds, "compared": plan.compared}
        output.write_json(values | {"changes": changes, "photo_ids": ids, "flips": flipped} | _mixture(estimate))
        return
    _tell_mixture(estimate)
    output.tell(f"{plan.photos} photos are stale, {plan.faces} of their faces would be classified")
    if plan.seconds is not None:
        output.tell(f"that takes about {plan.seconds:.1f} s in one process here")
    if model or plan.compared:
        output.tell(f"{len(plan.flips)} of {plan.compared} photos tried would change{':' if plan.flips else ''}")
        for (before, after), count in flips.most_common():
            output.tell(f"  {count:6} {before or 'no emotion'} → {after or 'no emotion'}")
        for flip in plan.flips:
            path = flip.path or f"photo {flip.photo_id}, no file any more"
            output.tell(f"  {flip.before or 'no emotion'} → {flip.after or 'no emotion'}  {path}")
