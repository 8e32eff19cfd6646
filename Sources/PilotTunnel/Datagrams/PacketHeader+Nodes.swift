import PilotWire

extension PacketHeader {
  /// The header of a packet between ports of two nodes, on the network that all nodes share.
  init(_ protocol: PacketProtocol, from sender: NodeID, _ source: UInt16, to peer: NodeID, _ port: UInt16) {
    self.init(
      protocol: `protocol`,
      source: PilotSocketAddress(address: PilotAddress(network: 0, node: sender.rawValue), port: source),
      destination: PilotSocketAddress(address: PilotAddress(network: 0, node: peer.rawValue), port: port))
  }
}
