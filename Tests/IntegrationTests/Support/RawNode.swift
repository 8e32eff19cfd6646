import PilotIdentity
import PilotTransport
import PilotWire
import Testing

/// A node by hand, for tests that look at frames or forge them: an ID on a transport. A well-behaved one is a `Node`
/// (``TestBeacon/join(_:on:)``).
struct RawNode: Sendable {
  let id: NodeID
  let transport: any Transport
  let beacon: Endpoint

  /// The node with this number.
  static func id(_ number: UInt32) throws -> NodeID { try #require(NodeID(number)) }

  /// Relays a payload to a node.
  func relay(_ payload: [UInt8], to peer: NodeID, as sender: NodeID? = nil) throws {
    let frame = Relay(sender: sender ?? id, destination: peer, payload: payload.span.raw).encoded()
    try transport.send(frame, to: beacon)
  }

  /// Relays a payload to a node; with a full queue it lets the event loop work until there is room again.
  func relayInTurn(_ payload: [UInt8], to peer: NodeID) async throws {
    while true {
      do throws(TransportError) {
        let frame = Relay(sender: id, destination: peer, payload: payload.span.raw).encoded()
        try transport.send(frame, to: beacon)
        return
      } catch  where error.code == .backpressure {
        await Task.yield()
      }
    }
  }

  /// Announces the node and waits for the answer.
  func register(_ receiver: inout Receiver) async throws {
    try transport.send(Discover(node: id, publicKey: nil).encoded(), to: beacon)
    _ = try await receiver.reply()
  }

  /// Proves over UDP where it is, and waits until that is believed.
  func prove(_ receiver: inout Receiver) async throws {
    let key = TestBeacon.identity.publicKey
    try transport.send(Discover(node: id, publicKey: key).encoded(), to: beacon)
    var replies = 0
    while replies < 2 {
      let frame = try await receiver.next()
      if let challenge = try? DiscoverChallenge(parsing: frame.bytes) {
        let name = try #require(BeaconName(beacon))
        try transport.send(TestBeacon.identity.proof(of: challenge, dialling: name).encoded(), to: beacon)
      } else if (try? DiscoverReply(parsing: frame.bytes)) != nil {
        replies += 1
      }
    }
  }
}

extension Receiver {
  /// The next delivery: whose it is, and its payload. Other frames are passed over.
  mutating func delivery() async throws -> (sender: NodeID, payload: [UInt8]) {
    while true {
      let frame = try await next()
      if let delivery = try? RelayDeliver(parsing: frame.bytes) {
        return (delivery.sender, delivery.payload.copied())
      }
    }
  }

  /// The next answer to a Discover. Other frames are passed over.
  mutating func reply() async throws -> Endpoint {
    while true {
      let frame = try await next()
      if let reply = try? DiscoverReply(parsing: frame.bytes) { return reply.endpoint }
    }
  }
}

extension AsyncSequence where Element == TransportEvent {
  /// The first event that fits.
  func first<Result>(_ match: (TransportEvent) -> Result?) async throws -> Result? {
    for try await event in self {
      if let result = match(event) { return result }
    }
    return nil
  }
}
