/// Where the beacon of a measurement comes from.
enum BeaconSupply: Sendable {
  /// A fresh one for each, so that none finds what another has left behind.
  case own(BenchCredentials, connections: Int)
  /// Always the same, which somebody else runs.
  case foreign(MeasuredBeacon)

  /// Whether a beacon has all of these carriers.
  func has(_ carriers: Set<BenchCarrier>) -> Bool {
    switch self {
    case .own: !carriers.isSuperset(of: [.ws, .wss])
    case .foreign(let beacon): carriers.isSubset(of: beacon.carriers)
    }
  }

  /// Lends a beacon that nodes reach by these carriers.
  ///
  /// - Parameter limitsRates: Whether one of its own limits what a source relays, as it does by default. What a beacon can
  ///   do is measured without.
  func withBeacon<Result: Sendable>(
    for carriers: Set<BenchCarrier>, limitsRates: Bool = false, _ body: (MeasuredBeacon) async throws -> Result
  ) async throws -> Result {
    switch self {
    case .foreign(let beacon):
      return try await body(beacon)
    case .own(let credentials, let connections):
      let beacon = try await OwnBeacon.start(
        isSecure: carriers.contains(.wss), connections: connections, limitsRates: limitsRates,
        credentials)
      defer { beacon.end() }
      return try await body(beacon.address)
    }
  }
}
