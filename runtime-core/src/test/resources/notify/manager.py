# SPDX-License-Identifier: Apache-2.0
"""A service manager as far as sd_notify(3) goes: a line for each datagram at a socket, with its sender's pid and how many descriptors came along.

Descriptors are closed as they come, which is how a barrier is answered; with "deaf" they are kept.
"""
import array
import os
import socket
import struct
import sys

name = sys.argv[1]
listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
listener.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
listener.bind("\0" + name[1:] if name.startswith("@") else name)
print("listening", flush=True)
while True:
    data, ancillary, _, _ = listener.recvmsg(1 << 17, 4096)
    descriptors, pid = [], 0
    for _, kind, content in ancillary:
        if kind == socket.SCM_RIGHTS:
            numbers = array.array("i")
            numbers.frombytes(content)
            descriptors += numbers
        elif kind == socket.SCM_CREDENTIALS:
            pid = struct.unpack("3i", content)[0]
    print(pid, len(descriptors), repr(data.decode()), flush=True)
    if "deaf" not in sys.argv:
        for descriptor in descriptors:
            os.close(descriptor)
