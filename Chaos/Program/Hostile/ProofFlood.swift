import ChaosCore
import PilotIdentity
import PilotTesting
import PilotWire

/// Asks for challenges with others' public keys, which are no secret, and sends the answers over and over: each with the
/// right token, for the address that it came to, and a signature of another key.
struct ProofFlood {
  let keys: Keyring
  /// Whose keys to name.
  let targets: [NodeID]

  /// How often each answer is sent.
  private static let passes = 50
  /// Between two passes: some thousand answers a second, which no socket's buffer overflows from.
  private static let pause: Duration = .milliseconds(5)

  /// Makes an attack.
  ///
  /// - Returns: How many proofs were sent.
  func perform(_ strike: Strike, from socket: HostileSocket) async throws -> Int {
    var random = SeededRandom(seed: strike.seed)
    let nodes = targets.shuffled(using: &random).prefix(strike.count)
    let offers = try nodes.map {
      Discover(node: $0, publicKey: try keys.identity(of: $0.rawValue).publicKey).encoded()
    }
    _ = socket.takeProofs()
    // Challenges come behind the answers: the last one is behind all of them but its own.
    _ = await socket.ask(offers + [Discover(node: socket.own).encoded()], within: .seconds(2))
    let proofs = socket.takeProofs()
    for _ in 0..<Self.passes {
      for proof in proofs { socket.send(proof) }
      try await Task.sleep(for: Self.pause)
    }
    return proofs.count * Self.passes
  }
}
