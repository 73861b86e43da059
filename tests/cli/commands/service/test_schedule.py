"""`organiser schedule`: entries are switched off and on without losing them."""

import json

from tests.cli.command import Organiser


def test_an_entry_is_switched_off_and_on(organiser: Organiser) -> None:
    assert organiser("schedule", "add", "nightly", "30 3 * * *", "sweep").code == 0

    def listed() -> list[tuple[bool, bool]]:
        every = json.loads(organiser("schedule", "list", "--json").out)
        return [(entry["on"], entry["next"] is not None) for entry in every]

    assert listed() == [(True, True)]
    organiser("schedule", "off", "nightly")
    assert listed() == [(False, False)]
    assert organiser("schedule", "off", "nightly").code == 0
    organiser("schedule", "on", "nightly")
    assert listed() == [(True, True)]
    assert organiser("schedule", "on", "other").code == 1
