package import PilotWire

/// The header that takes the place of a relayed frame's own on its last leg (wire reference, section 2), as it is sent:
/// `0x06 · sender:4` to a peer that said Discover, `0x09 · sender:4 · destination:4` to one that said DiscoverEx.
package struct DeliverHeader: Sendable, BitwiseCopyable {
  /// Where the payload starts in the Relay frame, in bytes.
  package static var payloadOffset: Int { Relay.headerLength }

  private var storage = InlineArray<9, UInt8>(repeating: 0)
  private let length: UInt8

  /// What a peer gets that said Discover.
  package init(sender: NodeID) {
    length = UInt8(RelayDeliver.headerLength)
    storage[0] = BeaconMessageType.relayDeliver.rawValue
    write(sender, at: 1)
  }

  /// What a peer gets that said DiscoverEx.
  package init(sender: NodeID, destination: NodeID) {
    length = UInt8(RelayDeliverDest.headerLength)
    storage[0] = BeaconMessageType.relayDeliverDest.rawValue
    write(sender, at: 1)
    write(destination, at: 5)
  }

  private mutating func write(_ node: NodeID, at offset: Int) {
    for index in 0..<4 {
      storage[offset &+ index] = UInt8(truncatingIfNeeded: node.rawValue &>> (24 &- 8 &* UInt32(index)))
    }
  }

  /// 5 or 9 bytes, to be followed by the payload.
  package var bytes: RawSpan {
    @_lifetime(borrow self)
    get {
      storage.span.raw.extracting(first: Int(length))
    }
  }
}

extension DeliverHeader: Equatable {
  /// The same bytes.
  package static func == (left: Self, right: Self) -> Bool {
    left.length == right.length && left.storage.indices.allSatisfy { left.storage[$0] == right.storage[$0] }
  }
}

extension DeliverHeader: CustomStringConvertible {
  /// The bytes in decimal.
  package var description: String { "\(storage.indices.prefix(Int(length)).map { storage[$0] })" }
}
