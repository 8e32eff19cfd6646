import PilotConsole
internal import PilotWire

/// Packets as JSON.
enum PacketDescription {
  /// - Parameter kind: The kind to name, for a packet that stands by itself.
  static func of(_ bytes: RawSpan, kind: String?) throws(WireError) -> JSONValue {
    let packet = try Packet(parsing: bytes)
    let header = packet.header
    let members = JSONValue.object(present: [
      "kind": kind.map { .string($0) },
      "flags": .array(header.flags.names),
      "protocol": header.protocol.name.map { .string($0) } ?? .int(header.protocol.rawValue),
      "source": .string(header.source.description),
      "destination": .string(header.destination.description),
      "sequence": .int(header.sequence),
      "acknowledgement": .int(header.acknowledgement),
      "window": .int(header.window),
      "payload": .string(Hex.encode(packet.payload)),
      "ignored_bytes": bytes.byteCount > packet.encodedLength ? .int(bytes.byteCount - packet.encodedLength) : nil,
    ])
    return members
  }
}

extension PacketFlags {
  /// The names of the flags, in the order of their bits.
  fileprivate var names: [JSONValue] {
    isEmpty ? [] : description.split(separator: "|").map { .string(String($0)) }
  }
}

extension PacketProtocol {
  /// The protocol's name, if it has one.
  fileprivate var name: String? {
    switch self {
    case .stream, .datagram, .control, .fragment: description
    default: nil
    }
  }
}
