"""Removing, moving and replacing the very file that was proved to be ours, though other programs rename files meanwhile.

No call removes a file only if it is a certain one: between a look at a name and its removal another program may have
put its own file there. So what is to go first gets a name that nobody else knows, is looked at again under that name,
and only then goes; what turns out to be another's gets its name back.
"""

from collections.abc import Callable

from organiser.errors import PlacingError
from organiser.placing.disk.errors import Cause, refusal, translate_os_errors
from organiser.placing.disk.rename import rename_to_private, rename_without_replacing
from organiser.placing.disk.within import Spot

Proof = Callable[[Spot], object]
"""Looks at the file at a spot and raises PlacingError unless it is ours."""

_LEFT = "another program put something there just then; it was left"


def remove(spot: Spot, aside: Spot, proof: Proof) -> None:
    """Remove the file at `spot`, by way of the private name `aside`, if it is ours.

    Raises:
        PlacingError: it is not; it has its name again, or another came there and the message says where it is.
        OSError: it cannot be renamed or removed.
    """
    rename_to_private(spot, aside)
    end_removal(spot, aside, proof)


def end_removal(spot: Spot, aside: Spot, proof: Proof) -> bool:
    """Do the second half of `remove`, which a crash may have kept from being done; return whether it was to be done.

    Raises:
        PlacingError, OSError: as `remove`.
    """
    if aside.status() is None:
        return False
    _prove(spot, aside, proof)
    aside.unlink()
    return True


def replace(spot: Spot, draft: Spot, aside: Spot, proof: Proof) -> None:
    """Put a finished draft in the place of the file at `spot`, which goes by way of `aside`, if that is ours.

    Raises:
        PlacingError: it is not, or another file came there meanwhile; the draft is left to the caller.
        OSError: one of them cannot be renamed.
    """
    rename_to_private(spot, aside)
    _prove(spot, aside, proof)
    try:
        with translate_os_errors(spot.path):
            rename_without_replacing(draft, spot)
    except PlacingError as error:
        if error.cause == Cause.OCCUPIED:
            aside.unlink()  # ours was to go anyhow
        else:
            give_back(aside, spot)
        raise
    aside.unlink()


def move(old: Spot, new: Spot, proof: Proof) -> None:
    """Rename the file at `old` to the free name `new`, if it is ours.

    Raises:
        PlacingError: it is not; it has its name again.
        FileExistsError: `new` exists.
        OSError: it cannot be renamed.
    """
    rename_without_replacing(old, new)
    _prove(old, new, proof)


def give_back(aside: Spot, spot: Spot) -> None:
    """Give what lies aside its name again.

    Raises:
        PlacingError: another file has that name by now; says where this one is.
    """
    with translate_os_errors(spot.path):
        try:
            rename_without_replacing(aside, spot)
        except FileExistsError:
            reason = f"{_LEFT}, as is what had the name before, which is {aside.path} now"
            raise refusal(Cause.OCCUPIED, spot.path, reason, "look at both files") from None


def _prove(spot: Spot, aside: Spot, proof: Proof) -> None:
    try:
        proof(aside)
    except PlacingError as error:
        give_back(aside, spot)
        cause = Cause(error.cause)
        raise refusal(cause, spot.path, _LEFT if cause is Cause.EDITED else error.reason, error.hint) from error
