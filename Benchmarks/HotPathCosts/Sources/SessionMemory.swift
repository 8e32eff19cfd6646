import PilotIdentity
import PilotTransport
import PilotTunnel
import PilotWire

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What a session that does nothing takes of memory, with the way that is looked for beside it.
///
/// By how much the process has grown (proc_pid_statm(5)) when four thousand peers have made a session each with one node; the peers
/// themselves are gone by then, and what they take was there before.
enum SessionMemory {
  private static let sessions = 4_000
  private static let pageBytes = 4_096

  /// The bytes of one session; nil where the system doesn't tell.
  static func bytesPerSession() throws -> Int? {
    let (identity, peerIdentity) = (Identity(), Identity())
    // The first ones have what every session needs be there.
    let early = 64
    let nodes = try Samples.nodes(1 + early + sessions)
    var now = MonotonicInstant(nanoseconds: 1)
    var center = TunnelMachine(id: nodes[0], identity: identity, random: SystemRandomNumberGenerator(), at: now)
    var paths = PeerTable<DirectPath>()
    var before: Int?
    for (number, peer) in nodes.dropFirst().enumerated() {
      if number == early { before = residentBytes() }
      // Not more a second than a node verifies.
      now = now.advanced(by: .milliseconds(10))
      var other = TunnelMachine(id: peer, identity: peerIdentity, random: SystemRandomNumberGenerator(), at: now)
      other.connect(to: nodes[0], at: now)
      while exchange(&other, with: &center, of: (peer, nodes[0]), (peerIdentity, identity), at: now) {}
      guard center.sealer(for: peer) != nil else { throw UnexpectedResult(what: "no session") }
      paths[peer] = DirectPath(to: peer, in: Surroundings(), at: now)
    }
    let after = residentBytes()
    keep(UInt64(center.connectedPeers.count + paths.count))
    guard let before, let after else { return nil }
    return (after - before) / sessions
  }

  private static func residentBytes() -> Int? {
    guard let text = FileManager.default.contents(atPath: "/proc/self/statm") else { return nil }
    let words = String(decoding: text, as: UTF8.self).split(separator: " ")
    return words.count > 1 ? Int(words[1]).map { $0 * pageBytes } : nil
  }

  /// Performs what both want done.
  ///
  /// - Returns: Whether there was anything.
  private static func exchange(
    _ one: inout TunnelMachine, with other: inout TunnelMachine, of nodes: (NodeID, NodeID),
    _ identities: (Identity, Identity), at now: MonotonicInstant
  ) -> Bool {
    let first = perform(&one, nodes.0, identities.1, on: &other, at: now)
    let second = perform(&other, nodes.1, identities.0, on: &one, at: now)
    return first || second
  }

  private static func perform(
    _ machine: inout TunnelMachine, _ node: NodeID, _ peer: Identity, on other: inout TunnelMachine,
    at now: MonotonicInstant
  ) -> Bool {
    var isBusy = false
    while let output = machine.nextOutput() {
      isBusy = true
      switch output {
      case .lookUp(let wanted): machine.learned(.key(peer.publicKey), of: wanted, at: now)
      case .send(let frame, _, _):
        var plaintext = [UInt8](repeating: 0, count: frame.count)
        var span = plaintext.mutableSpan
        // SAFETY: UInt8 has no padding and takes any bit pattern.
        var bytes = unsafe span.mutableBytes
        _ = other.receive(frame.span.raw, by: .relay, relayedFor: node, at: now, into: &bytes)
      default: continue
      }
    }
    return isBusy
  }
}
