import PilotWire

/// Byte strings of one length, different ones: with a single one, a compiler could do the work once for all.
struct Samples: Sendable {
  /// How many there are, where more would show nothing.
  static let variety = 16

  private let length: Int
  private let count: Int
  private let bytes: [UInt8]

  /// Bytes without a meaning.
  init(length: Int) {
    self.length = length
    count = Self.variety
    bytes = (0..<length * Self.variety).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
  }

  /// These ones, which have one length.
  init(_ samples: [[UInt8]]) {
    length = samples.first?.count ?? 0
    count = samples.count
    bytes = Array(samples.joined())
  }

  /// One of them, the next one for the next index.
  @inline(__always)
  @_lifetime(borrow self)
  borrowing func bytes(at index: Int) -> RawSpan {
    let start = index % count * length
    return bytes.span.raw.extracting(start..<start + length)
  }

  /// Relay frames.
  static func relays(payloadLength: Int) throws -> Samples {
    let payload = [UInt8](repeating: 7, count: payloadLength)
    return Samples(
      try nodes(variety).map { node in
        Relay(sender: node, destination: node, payload: payload.span.raw).encoded()
      })
  }

  /// Packets.
  static func packets(payloadLength: Int) throws -> Samples {
    let payload = [UInt8](repeating: 7, count: payloadLength)
    let header = try packetHeader()
    return Samples(
      try (0..<variety).map { number in
        var header = header
        header.sequence = UInt32(number)
        let packet = try Packet(header: header, payload: payload.span.raw)
        return packet.encoded()
      })
  }

  static func packetHeader() throws -> PacketHeader {
    guard let address = PilotAddress(parsing: "1:0001.F291.0004") else { throw UnexpectedResult(what: "address") }
    let end = PilotSocketAddress(address: address, port: 1000)
    return PacketHeader(protocol: .stream, source: end, destination: end)
  }

  /// Node IDs that nothing orders.
  static func nodes(_ count: Int) throws -> [NodeID] {
    try (1...count).map { number in
      // An odd factor takes different numbers to different numbers, and only 0 to 0.
      guard let node = NodeID(UInt32(number) &* 2_654_435_761) else { throw UnexpectedResult(what: "node 0") }
      return node
    }
  }
}
