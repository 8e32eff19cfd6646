import PilotWire

/// The header of a delivery, written once per frame, in place.
struct RelayHeader {
  private var storage: InlineArray<9, UInt8>
  private let length: Int

  init(_ header: DeliverHeader) {
    storage = InlineArray(repeating: 0)
    length = header.length
    var span = storage.mutableSpan
    switch header {
    case .short(let sender):
      span[0] = BeaconMessageType.relayDeliver.rawValue
      Self.put(sender, into: &span, at: 1)
    case .withDestination(let sender, let destination):
      span[0] = BeaconMessageType.relayDeliverDest.rawValue
      Self.put(sender, into: &span, at: 1)
      Self.put(destination, into: &span, at: 5)
    }
  }

  private static func put(_ node: NodeID, into span: inout MutableSpan<UInt8>, at offset: Int) {
    for index in 0..<4 {
      span[offset + index] = UInt8(truncatingIfNeeded: node.rawValue >> (24 - 8 * UInt32(index)))
    }
  }

  var bytes: RawSpan {
    @_lifetime(borrow self)
    get {
      storage.span.raw.extracting(first: length)
    }
  }
}
