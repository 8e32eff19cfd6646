import ArgumentParser

/// What a stranger does to a beacon while honest nodes are measured, all of it from one address.
enum BenchAttack: String, CaseIterable, ExpressibleByArgument, Sendable {
  /// Proofs with right tokens and wrong signatures, 15,000 a second.
  case proofs
  /// Discovers of invented nodes, as fast as the kernel takes them.
  case discovers
  /// Relays between two nodes of its own, as fast as the kernel takes them.
  case relays
  /// New TLS connections, 1,000 a second, each closed after its handshake.
  case dials
  /// As many connections as it can get, each silent after its request to upgrade.
  case connections
}
