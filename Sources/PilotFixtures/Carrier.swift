/// How a node reaches the beacon.
package enum Carrier: String, Sendable, CaseIterable, Codable {
  case udp, wss

  /// What a table calls it: `UDP`.
  package var name: String { rawValue.uppercased() }
}
