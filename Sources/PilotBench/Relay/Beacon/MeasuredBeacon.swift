import PilotConsole
import PilotTransport
import PilotWSS
import PilotWire

/// A beacon that is measured: where it can be reached, and which process it is.
struct MeasuredBeacon: Sendable {
  var udp: Endpoint?
  var ws: WSSURL?
  var wss: WSSURL?
  /// A PEM file with the certificate authorities to trust instead of the system's.
  var certificateAuthorities: String?
  /// Its process, if that is on this machine.
  var process: Int32?

  /// How nodes can reach it.
  var carriers: Set<BenchCarrier> {
    var carriers: Set<BenchCarrier> = []
    if udp != nil { carriers.insert(.udp) }
    if ws != nil { carriers.insert(.ws) }
    if wss != nil { carriers.insert(.wss) }
    return carriers
  }

  /// What it has worked so far; nil if its process isn't known.
  var processorTime: Duration? { process.flatMap(ProcessorTime.of) }
  /// Its resident memory; nil if its process isn't known.
  var residentBytes: Int? { process.flatMap(ProcessMemory.residentBytes) }

  /// A new node on a carrier. Over UDP the beacon lets it in when it is served.
  func open(_ carrier: BenchCarrier, _ numbers: NodeNumbers) async throws -> BenchNode {
    guard let id = try numbers.take(1, for: carrier).first else { throw missing(carrier) }
    guard carrier != .udp else {
      guard let udp else { throw missing(carrier) }
      return try BenchNode(udp: udp, id: id, identity: numbers.identity)
    }
    return try await BenchNode.connect(configuration(carrier, id: id, numbers))
  }

  /// How a node connects over WebSocket.
  func configuration(
    _ carrier: BenchCarrier, id: NodeID, _ numbers: NodeNumbers
  ) throws(CommandFailure) -> WSSTransport.Configuration {
    guard let url = carrier == .wss ? wss : ws else { throw missing(carrier) }
    var configuration = WSSTransport.Configuration(beacon: url, node: id, identity: numbers.identity)
    if let certificateAuthorities { configuration.trust = .file(certificateAuthorities) }
    configuration.allowsPlaintext = true
    return configuration
  }

  private func missing(_ carrier: BenchCarrier) -> CommandFailure {
    .usage(
      "the beacon has no address for \(carrier.rawValue)",
      hint: carrier == .udp ? "give it with --udp HOST:PORT" : "give it with --url \(carrier.rawValue)://HOST:PORT")
  }
}
