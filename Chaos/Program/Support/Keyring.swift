import PilotIdentity
import PilotTesting
import PilotWire

/// The nodes' keys, which follow from the seed of the run, so that every process has them.
struct Keyring: Sendable {
  let seed: UInt64

  /// The key of a node.
  func identity(of node: UInt32) throws -> Identity {
    var random = SeededRandom(seed: seed ^ UInt64(node) &* 0xA076_1D64_78BD_642F)
    let bytes = (0..<Identity.seedByteCount).map { _ in UInt8.random(in: 0...255, using: &random) }
    return try Identity(seed: bytes.span.raw)
  }
}
