"""The agent is a property list that says what the unit says; launchd itself is not at hand."""

import plistlib
from pathlib import Path

from organiser.workers.install.launchd import LABEL, agent
from organiser.workers.install.manager import installation
from organiser.workers.install.plan import ServicePlan


def test_an_agent_can_be_read_back_with_its_seal() -> None:
    plan = ServicePlan(Path("/opt/python"), Path("/Users/me/a & b"), (Path("/Users/me/Pictures"),))
    found = plistlib.loads(agent(plan).encode())
    assert found["Label"] == LABEL
    assert found["ProgramArguments"] == ["/opt/python", "-m", "organiser", "--home", "/Users/me/a & b", "up"]
    assert found["KeepAlive"] == {"SuccessfulExit": False}


def test_on_a_mac_launchctl_is_told() -> None:
    found = installation(ServicePlan(Path("/opt/python"), Path("/home")), "darwin")
    assert found.path.name == f"{LABEL}.plist"
    assert [words[:2] for words in (*found.start, *found.stop)] == [
        ("launchctl", "bootstrap"),
        ("launchctl", "bootout"),
    ]
