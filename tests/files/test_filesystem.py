import os

import pytest

from organiser.files.filesystem import (
    Mount,
    is_network,
    mount_of,
    mounts,
    reaches_network,
    read_mount_output,
    read_mountinfo,
)

MOUNTINFO = r"""
22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda1 rw
30 22 0:26 / /proc rw,nosuid - proc proc rw
41 22 0:45 / /mnt/nas rw,relatime shared:20 master:3 - nfs4 nas:/export rw,vers=4.2
42 22 0:46 / /mnt/my\040photos rw - cifs //nas/photos rw
43 22 8:17 / /media/stick rw - fuseblk /dev/sdb1 rw
44 22 0:50 / /home/me/cloud rw - fuse.rclone remote: rw
45 22 0:51 / /home/me/.cache/doc rw - fuse.portal portal rw
46 22 0:52 / /mnt/auto rw - autofs systemd-1 rw
47 46 0:53 / /mnt/auto rw - nfs nas:/auto rw
"""

MACOS = """
/dev/disk3s1s1 on / (apfs, sealed, local, read-only, journaled)
devfs on /dev (devfs, local, nobrowse)
//me@nas._smb._tcp.local/photos on /Volumes/My Photos (smbfs, nodev, nosuid, mounted by me)
nas:/export on /Volumes/export (nfs)
/dev/disk4s1 on /Volumes/Stick (1) (msdos, local, nodev)
"""


def test_mountinfo_is_read():
    found = read_mountinfo(MOUNTINFO)
    assert found[0] == Mount("/", "ext4")
    assert Mount("/mnt/my photos", "cifs") in found
    assert len(found) == 9


def test_what_mount_prints_on_macos_is_read():
    assert read_mount_output(MACOS) == [
        Mount("/", "apfs"),
        Mount("/dev", "devfs"),
        Mount("/Volumes/My Photos", "smbfs"),
        Mount("/Volumes/export", "nfs"),
        Mount("/Volumes/Stick (1)", "msdos"),
    ]


@pytest.mark.parametrize(
    ("path", "kind", "network"),
    [
        ("/home/me/Pictures", "ext4", False),
        ("/mnt/nas", "nfs4", True),
        ("/mnt/nas/2024/a.jpg", "nfs4", True),
        ("/mnt/nasty", "ext4", False),
        ("/mnt/my photos/x", "cifs", True),
        ("/media/stick/DCIM", "fuseblk", False),
        ("/home/me/cloud", "fuse.rclone", True),
        ("/mnt/auto/x", "nfs", True),
    ],
)
def test_a_path_lies_on_the_deepest_mount_above_it(path, kind, network):
    mount = mount_of(path, read_mountinfo(MOUNTINFO))
    assert mount is not None
    assert (mount.kind, mount.network) == (kind, network)


@pytest.mark.parametrize(
    "kind", ["nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afpfs", "webdav", "fuse.sshfs", "fuse"]
)
def test_file_systems_that_others_write_to_unseen_are_network(kind):
    assert Mount("/x", kind).network


@pytest.mark.parametrize("kind", ["ext4", "btrfs", "xfs", "zfs", "tmpfs", "overlay", "apfs", "hfs", "exfat", "fuseblk"])
def test_local_file_systems_are_not(kind):
    assert not Mount("/x", kind).network


def test_the_mounts_of_this_machine_hold_this_file():
    mount = mount_of(os.path.realpath(__file__), mounts())
    assert mount is not None
    assert mount.kind


def test_a_local_folder_is_no_network_whether_it_exists_or_not(tmp_path):
    here = mount_of(os.path.realpath(tmp_path), mounts())
    assert here is not None
    assert is_network(tmp_path) == is_network(tmp_path / "not" / "yet") == here.network
    assert reaches_network(tmp_path) == here.network
