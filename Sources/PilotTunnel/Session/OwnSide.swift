internal import PilotIdentity
internal import PilotTransport
internal import PilotWire

/// What the sessions with all peers share: who this node is, what waits, and what is to be done.
struct OwnSide: Sendable {
  let id: NodeID
  let identity: Identity
  let configuration: TunnelConfiguration
  var random: AnyRandomSource
  var pending: PendingPackets
  var counters = TunnelCounters()
  /// How many peers have a confirmed session.
  var confirmedPeers = 0

  private var outputs: [TunnelOutput] = []
  private var firstOutput = 0

  init(_ id: NodeID, _ identity: Identity, _ configuration: TunnelConfiguration, _ random: AnyRandomSource) {
    self.id = id
    self.identity = identity
    self.configuration = configuration
    self.random = random
    pending = PendingPackets(configuration)
  }

  mutating func put(_ output: TunnelOutput) { outputs.append(output) }

  mutating func takeOutput() -> TunnelOutput? {
    guard firstOutput < outputs.count else {
      if outputs.isEmpty { return nil }
      outputs.removeAll(keepingCapacity: outputs.capacity <= 256)
      firstOutput = 0
      return nil
    }
    defer { firstOutput += 1 }
    return outputs[firstOutput]
  }

  /// A new half for the sessions with one peer; nil when memory has run out.
  mutating func newKey() -> OwnKey? { OwnKey(of: id, identity, using: &random) }

  /// The header of a control packet between the ports 0 of this node and a peer.
  func controlHeader(to node: NodeID) -> PacketHeader {
    PacketHeader(
      protocol: .control, source: socketAddress(id.rawValue), destination: socketAddress(node.rawValue))
  }

  private func socketAddress(_ node: UInt32) -> PilotSocketAddress {
    PilotSocketAddress(address: PilotAddress(network: 0, node: node), port: PilotPort.ping)
  }
}

/// A source of randomness, whichever it is.
struct AnyRandomSource: RandomNumberGenerator, Sendable {
  private var source: any RandomNumberGenerator & Sendable

  init(_ source: any RandomNumberGenerator & Sendable) {
    self.source = source
  }

  mutating func next() -> UInt64 { source.next() }
}
