package import PilotWire

/// What reading and writing again makes of a beacon message.
package func rewritten(beaconMessage bytes: [UInt8]) throws(WireError) -> [UInt8] {
  switch try BeaconMessage(parsing: bytes.span.raw) {
  case .discover(let message): message.encoded()
  case .discoverReply(let message): message.encoded()
  case .punchRequest(let message): message.encoded()
  case .punchCommand(let message): message.encoded()
  case .relay(let message): message.encoded()
  case .relayDeliver(let message): message.encoded()
  case .sync(let message): try rewritten(message)
  case .relayDeliverDest(let message): message.encoded()
  case .notify(let message): message.encoded()
  case .discoverChallenge(let message): message.encoded()
  case .discoverProof(let message): message.encoded()
  case .gone(let message): message.encoded()
  case .drain(let message): message.encoded()
  case .clusterRelay(let message): message.encoded()
  }
}

private func rewritten(_ sync: borrowing Sync) throws(WireError) -> [UInt8] {
  var nodes: [NodeID] = []
  sync.forEach { nodes.append($0) }
  return try SyncAnnouncement(beaconID: sync.beaconID, nodeIDs: nodes).encoded()
}

/// What reading and writing again makes of a tunnel frame.
package func rewritten(tunnelFrame bytes: [UInt8]) throws(WireError) -> [UInt8] {
  switch try TunnelFrame(parsing: bytes.span.raw) {
  case .plain(let frame): frame.encoded()
  case .sealed(let frame): frame.encoded()
  case .keyExchange(let frame): frame.encoded()
  case .authenticatedKeyExchange(let frame): frame.encoded()
  case .punch(let frame): frame.encoded()
  }
}

/// What reading and writing again makes of a packet.
package func rewritten(packet bytes: [UInt8]) throws(WireError) -> [UInt8] {
  try Packet(parsing: bytes.span.raw).encoded()
}
