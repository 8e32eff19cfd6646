import PilotWire

/// What the beacon delivers to a node, in either of its forms (0x06, 0x09), lent.
struct Delivery: ~Escapable {
  let sender: NodeID
  let payload: RawSpan

  /// Takes a delivery apart; nil for anything else, and for what another node at this endpoint is to get.
  @_lifetime(copy frame)
  @inline(__always)
  init?(_ frame: RawSpan, for node: NodeID) {
    guard !frame.isEmpty else { return nil }
    switch frame.byte(at: 0) {
    case BeaconMessageType.relayDeliver.rawValue:
      guard let delivery = try? RelayDeliver(parsing: frame) else { return nil }
      sender = delivery.sender
      payload = delivery.payload
    case BeaconMessageType.relayDeliverDest.rawValue:
      guard let delivery = try? RelayDeliverDest(parsing: frame), delivery.destination == node else { return nil }
      sender = delivery.sender
      payload = delivery.payload
    default: return nil
    }
  }
}
