import PilotIdentity
import PilotTransport
import PilotTunnel
import PilotWire

#if canImport(Glibc)
  import Glibc
#endif

/// What a session that does nothing takes of memory, with the way that is looked for beside it.
///
/// By what the allocator has given out and not got back (mallinfo2(3)), before and after a thousand peers have made a session each
/// with one node; the peers themselves are gone by then.
enum SessionMemory {
  private static let sessions = 1_000

  /// The bytes of one session; nil where the allocator doesn't tell.
  static func bytesPerSession() throws -> Int? {
    #if canImport(Glibc)
      let (identity, peerIdentity) = (Identity(), Identity())
      let nodes = try Samples.nodes(sessions + 1)
      let now = MonotonicInstant(nanoseconds: 1)
      var center = TunnelMachine(id: nodes[0], identity: identity, random: SystemRandomNumberGenerator(), at: now)
      var paths: [NodeID: DirectPath] = [:]
      let before = mallinfo2().uordblks
      for peer in nodes.dropFirst() {
        var other = TunnelMachine(id: peer, identity: peerIdentity, random: SystemRandomNumberGenerator(), at: now)
        other.connect(to: nodes[0], at: now)
        while exchange(&other, with: &center, of: (peer, nodes[0]), (peerIdentity, identity), at: now) {}
        guard center.sealer(for: peer) != nil else { throw UnexpectedResult(what: "no session") }
        paths[peer] = DirectPath(to: peer, in: Surroundings(), at: now)
      }
      let after = mallinfo2().uordblks
      keep(UInt64(center.connectedPeers.count + paths.count))
      return (Int(after) - Int(before)) / sessions
    #else
      return nil
    #endif
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
