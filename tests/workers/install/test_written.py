"""What is written elsewhere proves whose it is; what is not ours, or changed, is left alone."""

from pathlib import Path

import pytest

from organiser.errors import OrganiserError
from organiser.workers.install.written import Whose, remove, sealed, whose, write

TEXT = sealed("[Service]\nExecStart=/bin/true\n", ("# ", ""))


def test_a_file_of_ours_is_replaced_and_removed(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a.service"
    assert whose(path) is Whose.NOBODY
    assert not remove(path)
    write(path, TEXT)
    assert path.read_text("utf-8") == TEXT
    write(path, sealed("[Service]\n", ("<!-- ", " -->")))
    assert whose(path) is Whose.OURS
    assert remove(path)
    assert list(path.parent.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[Service]\nExecStart=/bin/true\n", Whose.FOREIGN),
        ("", Whose.FOREIGN),
        (TEXT.replace("true", "false"), Whose.CHANGED),
        (TEXT + "# mine\n", Whose.FOREIGN),
        (TEXT + "\n", Whose.FOREIGN),
        (TEXT.rstrip("\n"), Whose.FOREIGN),
    ],
)
def test_what_somebody_else_wrote_or_changed_is_left_alone(tmp_path: Path, text: str, expected: Whose) -> None:
    path = tmp_path / "a.service"
    path.write_text(text, "utf-8")
    assert whose(path) is expected
    for act in (lambda: write(path, TEXT), lambda: remove(path)):
        with pytest.raises(OrganiserError, match="left alone"):
            act()
    assert path.read_text("utf-8") == text


def test_a_link_is_never_ours(tmp_path: Path) -> None:
    (tmp_path / "real").write_text(TEXT, "utf-8")
    (tmp_path / "a.service").symlink_to("real")
    assert whose(tmp_path / "a.service") is Whose.FOREIGN
    with pytest.raises(OrganiserError):
        write(tmp_path / "a.service", TEXT)
    assert (tmp_path / "real").read_text("utf-8") == TEXT
