"""What a rescan reads of each file, on both databases: what the rows say, as the disk speaks."""

from organiser.core.library.reconcile import FoundFile
from organiser.index.db.engine import Index, writing
from organiser.index.tables import library
from tests.rows import add_root

FOUND = [
    FoundFile("a.jpg", 1, 2, 3, 4),
    FoundFile("große \udce4.jpg", 5, -6, 7, (1 << 63) + 8),
    FoundFile("unread.jpg", 1, 1, 1, 1),
    FoundFile("gone.jpg", 1, 1, 1, 1),
]


def test_stats_are_those_of_the_files_that_are_there(index: Index) -> None:
    with writing(index) as tx:
        root = add_root(tx)
        ids = dict(zip((file.relpath for file in FOUND), library.insert_files(tx, root, FOUND), strict=True))
        read = [file for file in FOUND if file.relpath != "unread.jpg"]
        library.identify(tx, [(ids[file.relpath], file, file.relpath[:1]) for file in read], now=1.0)
        library.mark_missing(tx, [ids["gone.jpg"]], 1.0)
        for inodes in (True, False):
            stats = {tuple(row) for page in library.known_stats(tx, root, inodes=inodes) for row in page}
            assert stats == {(*file[:3], file.inode if inodes else 0) for file in FOUND[:2]}
        assert list(library.unread_paths(tx, root)) == ["unread.jpg"]
        other = add_root(tx, "/other")
        assert list(library.known_stats(tx, other, inodes=True)) == []
