"""Runs a program that is killed, with every process it starts, the moment it asks the kernel for a network socket.

    python -m tests.cli.offline PROGRAM [WORD …]

A seccomp filter (Linux, no rights needed) stands between the process and the kernel, so libraries that are no Python
are held to it too. Sockets between processes of one machine (AF_UNIX, socketpair) are allowed.
"""

import ctypes
import os
import platform
import struct
import sys

_AF_UNIX = 1
_SOCKET = {"x86_64": 41, "aarch64": 198}
_ARCHITECTURE = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_NO_NEW_PRIVILEGES, _SECCOMP, _FILTER = 38, 22, 2
_LOAD, _EQUAL, _RETURN = 0x20, 0x15, 0x06
_ALLOW, _KILL_PROCESS = 0x7FFF0000, 0x80000000
_NUMBER_AT, _ARCHITECTURE_AT, _FIRST_ARGUMENT_AT = 0, 4, 16

POSSIBLE = sys.platform == "linux" and platform.machine() in _SOCKET
"""Whether there is such a filter on this machine."""


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.c_char_p))


def cut_off() -> None:
    """Have this process and all that it will start killed when one asks for a network socket."""
    machine = platform.machine()
    steps = [  # operation, where to go when equal and when not (that many steps on), operand
        (_LOAD, 0, 0, _ARCHITECTURE_AT),
        (_EQUAL, 0, 5, _ARCHITECTURE[machine]),
        (_LOAD, 0, 0, _NUMBER_AT),
        (_EQUAL, 0, 2, _SOCKET[machine]),
        (_LOAD, 0, 0, _FIRST_ARGUMENT_AT),
        (_EQUAL, 0, 1, _AF_UNIX),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _KILL_PROCESS),
    ]
    code = b"".join(struct.pack("=HBBI", *step) for step in steps)
    program = _Program(len(steps), code)
    library = ctypes.CDLL(None, use_errno=True)
    for words in ((_NO_NEW_PRIVILEGES, 1, 0, 0, 0), (_SECCOMP, _FILTER, ctypes.byref(program), 0, 0)):
        if library.prctl(*words):
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))


if __name__ == "__main__":
    cut_off()
    os.execvp(sys.argv[1], sys.argv[1:])
