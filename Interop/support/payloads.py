"""What the frames of a run hold: known to every end from the frame's number alone, in every language used here."""

import hashlib
import struct

BLOCK = b"".join(hashlib.sha256(struct.pack(">Q", number)).digest() for number in range(4096))
LONGEST = 60_000


def payload(index, longest=LONGEST):
    """`PILT`, the number, then 0 to 1,199 bytes; every 500th is 60,000 bytes in all. None has more than is given."""
    length = LONGEST - 8 if index % 500 == 499 else index * 37 % 1200
    offset = index * 61 % 65_536
    return (b"PILT" + struct.pack(">I", index) + BLOCK[offset : offset + length])[:longest]


class Tally:
    """Checks payloads against what they must be."""

    def __init__(self, count, longest=LONGEST):
        self.count = count
        self.longest = longest
        self.seen = bytearray(count)
        self.received = 0
        self.bytes = 0
        self.different = 0
        self.repeated = 0

    def take(self, data):
        """Whether these bytes are the payload of a frame that was not seen before."""
        index = struct.unpack_from(">I", data, 4)[0] if len(data) >= 8 else self.count
        if index >= self.count or data != payload(index, self.longest):
            self.different += 1
            return False
        if self.seen[index]:
            self.repeated += 1
            return False
        self.seen[index] = 1
        self.received += 1
        self.bytes += len(data)
        return True
