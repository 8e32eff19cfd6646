package import PilotTransport
package import PilotWire

/// Where a frame came from, as the socket saw it: nothing in here is the frame's own claim.
package enum FrameOrigin: Hashable, Sendable {
  /// A datagram from this source address, to this one of the machine's own. Anybody can have sent it.
  case udp(Endpoint, LocalAddress = .any)
  /// A message over this WSS connection, whose peer has authenticated as this node (wire reference, section 3).
  case wss(ConnectionID, NodeID)
}
