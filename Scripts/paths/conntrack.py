"""Makes a router forget all connections that it translates: `python conntrack.py`, in its namespace, as root.

By a message to the kernel (linux/netfilter/nfnetlink_conntrack.h), since few machines have the program conntrack(8).
"""

import socket
import struct

NETLINK_NETFILTER = 12
# NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_DELETE; NLM_F_REQUEST | NLM_F_ACK; NLMSG_ERROR.
DELETE, FLAGS, ERROR = 1 << 8 | 2, 0x1 | 0x4, 2

with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER) as netlink:
    # A header, and behind it a family (any), a version and a resource, and nothing that names a connection: all of them.
    netlink.send(struct.pack("=IHHII", 20, DELETE, FLAGS, 1, 0) + struct.pack("=BBH", 0, 0, 0))
    answer = netlink.recv(4096)
    kind, code = struct.unpack_from("=H", answer, 4)[0], struct.unpack_from("=i", answer, 16)[0]
    if kind != ERROR or code != 0:
        raise SystemExit(f"the kernel answers {kind}, {code}")
