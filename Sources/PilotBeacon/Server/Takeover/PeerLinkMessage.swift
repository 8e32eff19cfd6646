import PilotTransport
import PilotWire

/// What two beacons tell each other of the peers that are still connected to the old one: `length:4 · kind:1 · connection:8 · rest`,
/// where the length is that of all behind it.
///
/// ```text
/// attached     1 · connection · node:4 · flags:1 · address:22   old to new: 1 speaks pilot.v2, 2 wants the destination
/// detached     2 · connection                                   old to new
/// received     3 · connection · frame                           old to new: what the peer has sent
/// deliver      4 · connection · sender:4 · frame                new to old: what it is to get
/// replaced     5 · connection                                   new to old: its node has a newer connection
/// undelivered  6 · connection · sender:4 · frame                old to new: what it was to get, had it not left
/// ```
enum PeerLinkMessage {
  /// Bytes in front of the rest, the length's own left out.
  static let headerLength = 9
  /// The longest there is: a frame as long as a message over a WebSocket may be, and the sender.
  static let lengthLimit = headerLength + 4 + FrameLimits.maximumMessageOverWSS

  enum Kind: UInt8 {
    case attached = 1
    case detached, received, deliver, replaced, undelivered

    /// Whether it has a frame along, which may be dropped for want of room.
    var isFrame: Bool { self == .received || self == .deliver || self == .undelivered }
  }

  /// A peer of the old beacon, to the new one.
  struct Peer: Equatable, Sendable {
    static let length = 27

    var node: NodeID
    var isOwn: Bool
    var wantsDestination: Bool
    var remote: Endpoint

    init(node: NodeID, isOwn: Bool, wantsDestination: Bool, remote: Endpoint) {
      (self.node, self.isOwn, self.wantsDestination, self.remote) = (node, isOwn, wantsDestination, remote)
    }

    init(parsing bytes: RawSpan) throws(HandoverError) {
      var reader = ByteReader(bytes)
      guard let node = NodeID(try reader.next(UInt32.self)) else { throw .record }
      let flags = try reader.next(UInt8.self)
      guard flags <= 3 else { throw .record }
      self.node = node
      (isOwn, wantsDestination) = (flags & 1 != 0, flags & 2 != 0)
      remote = try reader.endpoint()
      guard reader.isAtEnd else { throw .message }
    }

    var encoded: [UInt8] {
      var writer = ByteWriter()
      writer.append(node.rawValue)
      writer.append(UInt8((isOwn ? 1 : 0) | (wantsDestination ? 2 : 0)))
      writer.append(remote)
      return writer.bytes
    }
  }
}
