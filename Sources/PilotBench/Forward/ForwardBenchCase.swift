import ArgumentParser

/// What `pilot bench forward` can measure.
enum ForwardBenchCase: String, CaseIterable, ExpressibleByArgument, Sendable {
  /// Batches of datagrams, as a client with much to send hands them to the kernel.
  case bulk
  /// Datagrams sent one by one.
  case single
  /// One datagram there and back at a time.
  case roundTrip = "round-trip"
}

/// Which way the two nodes of a measurement reach each other.
enum ForwardBenchPath: String, CaseIterable, ExpressibleByArgument, Sendable {
  case direct
  case relayOverUDP = "relay-udp"
  case relayOverWSS = "relay-wss"

  /// What `pilot forward` is told to go this way, and no other.
  func arguments(to beacon: MeasuredBeacon) -> [String] {
    let direct = ["--direct", self == .direct ? "auto" : "never"]
    if let url = beacon.wss, self == .relayOverWSS {
      return direct + ["--transport", "wss", "--beacon", "\(url)", "--ca", beacon.certificateAuthorities ?? ""]
    }
    return direct + ["--transport", "udp", "--beacon", beacon.udp.map { "udp://\($0)" } ?? ""]
  }
}
