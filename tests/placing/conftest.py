"""Which tests of placing need something that this machine may not have; these are not collected then, and it says so."""

import shutil

from tests.placing.volumes import fat, reflinking

READERS = ("exiv2", "exiftool")

_absent: list[str] = []
collect_ignore: list[str] = []

if not reflinking():
    collect_ignore.append("test_reflink.py")
    _absent.append("reflinks are not tested: that takes root, btrfs-progs or xfsprogs, and a kernel that has these")
if not fat():
    collect_ignore.append("test_fat.py")
    _absent.append("disks of the FAT family are not tested: that takes root, and vfat in the kernel or exfat-fuse")
if not all(map(shutil.which, READERS)):
    collect_ignore += ["metadata/test_readers.py", "metadata/test_recipes.py"]
    _absent.append("sidecars are not compared as exiv2 and exiftool read them: one of the two is not on PATH")


def pytest_report_collectionfinish() -> list[str]:
    return _absent
