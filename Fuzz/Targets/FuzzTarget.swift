import PilotTesting

/// Everything here that takes bytes from somebody else, each as a function of any bytes at all.
///
/// A target returns whether it accepted the input, and throws a ``Violation`` if something is wrong with the answer. That it
/// neither traps nor runs on without end is for whoever calls it to see.
package enum FuzzTarget: String, CaseIterable, Sendable {
  case beaconMessage = "beacon-message"
  case tunnelFrame = "tunnel-frame"
  case packet
  case handshakeMessage = "handshake-message"
  case endpoint
  case wssURL = "wss-url"
  case nodesFile = "nodes-file"
  case identityFile = "identity-file"
  case registryAnswer = "registry-answer"
  case presenceBucket = "presence-bucket"
  case webSocket = "websocket"
  case proxyHeader = "proxy-header"
  case requestHead = "request-head"
  case forwarded
  /// A whole beacon: any bytes from any source at any time.
  case beacon
  /// A client's connection, from the first byte: a hostile beacon.
  case client
  /// Two nodes' sealed sessions, and whoever stands between them.
  case tunnelSessions = "tunnel-sessions"
  /// Datagrams in fragments, of peers who want to take the memory.
  case fragments
  /// Two beacons, one of which takes over from the other.
  case takeover

  /// Runs it once.
  ///
  /// - Returns: Whether the input was accepted.
  /// - Throws: ``Violation``.
  package func run(_ input: [UInt8]) throws(Violation) -> Bool {
    switch self {
    case .beaconMessage: try Self.check(.beaconMessage, input)
    case .tunnelFrame: try Self.check(.tunnelFrame, input)
    case .packet: try Self.check(.packet, input)
    case .handshakeMessage: try Self.check(.handshakeMessage, input)
    case .endpoint: try TextTargets.endpoint(input)
    case .wssURL: try TextTargets.wssURL(input)
    case .nodesFile: try TextTargets.nodesFile(input)
    case .identityFile: try TextTargets.identityFile(input)
    case .registryAnswer: try TextTargets.registryAnswer(input)
    case .presenceBucket: try TextTargets.presenceBucket(input)
    case .webSocket: try WebSocketTarget.run(input)
    case .proxyHeader: try DoorTargets.proxyHeader(input)
    case .requestHead: try DoorTargets.requestHead(input)
    case .forwarded: try DoorTargets.forwarded(input)
    case .beacon: try BeaconTarget.run(input)
    case .client: try ClientTarget.run(input)
    case .tunnelSessions: try TunnelTargets.sessions(input)
    case .fragments: try TunnelTargets.fragments(input)
    case .takeover: try TakeoverTarget.run(input)
    }
  }

  private static func check(_ roundTrip: WireRoundTrip, _ input: [UInt8]) throws(Violation) -> Bool {
    do throws(WireRoundTripFailure) {
      return try roundTrip.check(input)
    } catch {
      throw Violation(error.description)
    }
  }
}

/// Something that an answer must never be.
package struct Violation: Error, CustomStringConvertible {
  package let description: String

  init(_ description: String) {
    self.description = description
  }
}
