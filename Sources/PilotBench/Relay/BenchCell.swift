import ArgumentParser

/// How a node of a measurement reaches the beacon.
enum BenchCarrier: String, CaseIterable, Sendable {
  case udp, ws, wss
}

/// From a node on one carrier, through the beacon, to a node on another.
enum BenchCell: String, CaseIterable, ExpressibleByArgument, Sendable {
  case udpToUDP = "udp-udp"
  case udpToWS = "udp-ws"
  case wsToUDP = "ws-udp"
  case wsToWS = "ws-ws"
  case udpToWSS = "udp-wss"
  case wssToUDP = "wss-udp"
  case wssToWSS = "wss-wss"

  /// Where frames come from.
  var from: BenchCarrier {
    switch self {
    case .udpToUDP, .udpToWS, .udpToWSS: .udp
    case .wsToUDP, .wsToWS: .ws
    case .wssToUDP, .wssToWSS: .wss
    }
  }

  /// Where frames go to.
  var to: BenchCarrier {
    switch self {
    case .udpToUDP, .wsToUDP, .wssToUDP: .udp
    case .udpToWS, .wsToWS: .ws
    case .udpToWSS, .wssToWSS: .wss
    }
  }

  /// What a table calls it.
  var name: String { "\(from.rawValue) → \(to.rawValue)" }
  /// The carriers that it needs.
  var carriers: Set<BenchCarrier> { [from, to] }
}

/// What is measured.
enum RelayBenchMode: String, CaseIterable, ExpressibleByArgument, Sendable {
  /// As many frames as the beacon relays.
  case flood
  /// Frames at a rate.
  case paced
  /// Round trips, one at a time.
  case ping
  /// Memory for peers that do nothing.
  case idle
  /// Round trips beside a peer that reads nothing.
  case stall
  /// Frames at a rate and newcomers, beside a stranger who attacks.
  case attack
}
