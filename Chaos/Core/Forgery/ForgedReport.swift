package import PilotWire

/// What a router would say of a datagram that found nobody, made by somebody who has seen neither: ICMP's port unreachable
/// (RFC 792), `3 · 3 · checksum:2 · unused:4 · IP header:20 · UDP header:8 · payload`.
package struct ForgedReport: Sendable, Equatable {
  /// Whom the datagram is said to be from: who is to believe the report.
  package let sender: Endpoint
  /// Where it is said to have found nobody.
  package let destination: Endpoint
  /// As much of the datagram as is quoted.
  package let payload: [UInt8]

  /// - Parameters:
  ///   - sender: An IPv4 endpoint, as the destination.
  ///   - payload: What is quoted behind the UDP header; may be empty, as in reports of routers that quote 8 bytes.
  package init(of payload: [UInt8], from sender: Endpoint, to destination: Endpoint) {
    self.sender = sender
    self.destination = destination
    self.payload = payload
  }

  /// The message, behind the IP header that the kernel makes.
  package var bytes: [UInt8] {
    var header: [UInt8] = [0x45, 0]
    header.append(bigEndian: UInt16(28 + payload.count))
    header += [0, 0, 0x40, 0, 64, 17, 0, 0]
    header.append(bigEndian: sender.ipv4Address ?? 0)
    header.append(bigEndian: destination.ipv4Address ?? 0)
    header.replaceSubrange(10..<12, with: InternetChecksum.bytes(over: header))
    var message: [UInt8] = [3, 3, 0, 0, 0, 0, 0, 0] + header
    for word in [sender.port, destination.port, UInt16(8 + payload.count), 0] { message.append(bigEndian: word) }
    message += payload
    message.replaceSubrange(2..<4, with: InternetChecksum.bytes(over: message))
    return message
  }
}

/// The one's complement of the one's complement sum of 16-bit words (RFC 1071).
package enum InternetChecksum {
  /// The two bytes that belong into a message in which they are 0; in one that has them they are both 0.
  package static func bytes(over message: [UInt8]) -> [UInt8] {
    var sum: UInt32 = 0
    for (index, byte) in message.enumerated() { sum += index % 2 == 0 ? UInt32(byte) << 8 : UInt32(byte) }
    while sum > 0xFFFF { sum = sum & 0xFFFF + sum >> 16 }
    return [UInt8(truncatingIfNeeded: ~sum >> 8), UInt8(truncatingIfNeeded: ~sum)]
  }
}
