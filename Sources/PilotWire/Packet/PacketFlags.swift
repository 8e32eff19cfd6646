/// The flags of a packet: the low four bits of its first byte (wire reference, section 5).
public struct PacketFlags: OptionSet, Hashable, Sendable {
  /// The four bits. Others don't exist on the wire, and are cleared.
  public let rawValue: UInt8

  /// The flags of the low four bits of `rawValue`.
  public init(rawValue: UInt8) {
    self.rawValue = rawValue & 0x0F
  }

  /// 1: opens a stream.
  public static let syn = PacketFlags(rawValue: 1)
  /// 2: the acknowledgement counts.
  public static let ack = PacketFlags(rawValue: 2)
  /// 4: the sender has no more to say.
  public static let fin = PacketFlags(rawValue: 4)
  /// 8: the stream is dead.
  public static let rst = PacketFlags(rawValue: 8)
}

extension PacketFlags: CustomStringConvertible {
  /// The names of the flags, `SYN|ACK`, or `-` for none.
  public var description: String {
    let named: [(PacketFlags, String)] = [(.syn, "SYN"), (.ack, "ACK"), (.fin, "FIN"), (.rst, "RST")]
    let names = named.filter { contains($0.0) }.map(\.1)
    return names.isEmpty ? "-" : names.joined(separator: "|")
  }
}
