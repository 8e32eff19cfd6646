package import PilotTransport
package import PilotWire

/// Where something that leaves the beacon goes next.
package enum Hop: Hashable, Sendable {
  /// To this address, from that one of this machine's own.
  case udp(Endpoint, from: LocalAddress = .any)
  /// Over this connection.
  case wss(ConnectionID)
}

extension FrameOrigin {
  /// The way back.
  var hop: Hop {
    switch self {
    case .udp(let source, let local): .udp(source, from: local)
    case .wss(let connection, _): .wss(connection)
    }
  }
}
