package import PilotWire

/// The header that takes the place of a relayed frame's own on its last leg (wire reference, section 2), as it is sent:
/// `0x06 · sender:4` to a peer that said Discover, `0x09 · sender:4 · destination:4` to one that said DiscoverEx, and
/// `0x05 · sender:4 · destination:4` to another beacon.
package struct DeliverHeader: Sendable, BitwiseCopyable {
  /// Where the payload starts in the Relay frame, in bytes.
  package static var payloadOffset: Int { Relay.headerLength }

  /// The bytes in their order, and zeros behind them: words, since two stores are cheaper than nine.
  private let words: InlineArray<2, UInt64>
  private let length: UInt8

  /// What a peer gets that said Discover.
  package init(sender: NodeID) {
    length = UInt8(RelayDeliver.headerLength)
    words = [Self.start(.relayDeliver, sender).bigEndian, 0]
  }

  /// What a peer gets that said DiscoverEx.
  package init(sender: NodeID, destination: NodeID) {
    self.init(.relayDeliverDest, sender, destination)
  }

  /// What another beacon gets: the Relay's own, `0x05 · sender:4 · destination:4`.
  package init(relaying sender: NodeID, to destination: NodeID) {
    self.init(.relay, sender, destination)
  }

  private init(_ type: BeaconMessageType, _ sender: NodeID, _ destination: NodeID) {
    length = UInt8(Relay.headerLength)
    let start = Self.start(type, sender) | UInt64(destination.rawValue >> 8)
    words = [start.bigEndian, (UInt64(destination.rawValue) << 56).bigEndian]
  }

  private static func start(_ type: BeaconMessageType, _ sender: NodeID) -> UInt64 {
    UInt64(type.rawValue) << 56 | UInt64(sender.rawValue) << 24
  }

  /// Whose payload it is, as a number.
  package var sender: UInt32 { UInt32(truncatingIfNeeded: UInt64(bigEndian: words[0]) >> 24) }

  /// 5 or 9 bytes, to be followed by the payload.
  package var bytes: RawSpan {
    @_lifetime(borrow self)
    get {
      // SAFETY: words of 64 bits have no bytes between them that aren't theirs.
      unsafe words.span.bytes.extracting(first: Int(length))
    }
  }
}

extension DeliverHeader: Equatable {
  /// The same bytes.
  package static func == (left: Self, right: Self) -> Bool {
    left.length == right.length && left.words[0] == right.words[0] && left.words[1] == right.words[1]
  }
}

extension DeliverHeader: CustomStringConvertible {
  /// The bytes in decimal.
  package var description: String { "\(bytes.copied())" }
}
