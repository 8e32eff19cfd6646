/// What a packet belongs to (wire reference, section 5). Numbers without a name are kept as they are: the format doesn't
/// refuse them, their receiver does.
public struct PacketProtocol: RawRepresentable, Hashable, Sendable {
  /// The number on the wire.
  public let rawValue: UInt8

  /// The protocol with this number.
  public init(rawValue: UInt8) {
    self.rawValue = rawValue
  }

  /// 1: a reliable stream.
  public static let stream = PacketProtocol(rawValue: 1)
  /// 2: datagrams.
  public static let datagram = PacketProtocol(rawValue: 2)
  /// 3: control; an empty one to port 0 is a keepalive.
  public static let control = PacketProtocol(rawValue: 3)
  /// 4: a part of a datagram, between nodes that have told each other that they put it together (``FragmentPlace``). Deployed nodes
  /// don't know it.
  public static let fragment = PacketProtocol(rawValue: 4)
}

extension PacketProtocol: CustomStringConvertible {
  /// The name, or `protocol N`.
  public var description: String {
    switch self {
    case .stream: "stream"
    case .datagram: "datagram"
    case .control: "control"
    case .fragment: "fragment"
    default: "protocol \(rawValue)"
    }
  }
}
