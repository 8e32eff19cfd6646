package import PilotTransport
package import PilotWire

/// The question whether anybody still receives where a node is registered, asked because it is claimed from elsewhere:
/// a DiscoverReply to the old endpoint, with the node and a nonce behind the address, which readers ignore.
///
/// `0x02 · IP length:1 · IP:4 or 16 · port:2 · node:4 · nonce:16`. A deployed node takes it for a late answer. A host where
/// nothing listens answers with ICMP, which quotes the datagram: only who has seen the nonce can have sent that report, which
/// otherwise may come from anywhere (RFC 792, RFC 4443 section 3.1).
package struct EndpointProbe: Hashable, Sendable, BitwiseCopyable {
  /// The node that is claimed.
  package let node: NodeID
  /// Where it is registered, and where the probe goes.
  package let endpoint: Endpoint
  /// Which of this machine's addresses it leaves from.
  package let local: LocalAddress
  /// Where the claim came from.
  package let claimant: Endpoint
  /// When it was asked, in nanoseconds of the driver's monotonic clock.
  package let askedAt: UInt64

  package init(
    node: NodeID, endpoint: Endpoint, local: LocalAddress = .any, claimant: Endpoint, askedAt: UInt64
  ) {
    self.node = node
    self.endpoint = endpoint
    self.local = local
    self.claimant = claimant
    self.askedAt = askedAt
  }

  /// The datagram.
  ///
  /// - Parameter nonce: What ``DiscoverAuthenticator/nonce(for:)`` makes of this probe.
  package func encoded(nonce: ChallengeToken) -> [UInt8] {
    var bytes = DiscoverReply(endpoint: endpoint).encoded()
    let tail: [UInt64] = [UInt64(node.rawValue) << 32, nonce.high, nonce.low]
    for (index, word) in tail.enumerated() {
      for byte in 0..<(index == 0 ? 4 : 8) { bytes.append(UInt8(truncatingIfNeeded: word >> (56 - 8 * byte))) }
    }
    return bytes
  }

  /// What a report of ICMP quotes, if that is a probe: the node, and the nonce to be checked.
  package struct Quote: Hashable, Sendable {
    /// The node that it asked for.
    package let node: NodeID
    /// Its nonce, by the report's account.
    package let nonce: ChallengeToken

    /// Reads the bytes that a report quotes, from the start of the datagram's payload.
    ///
    /// - Parameters:
    ///   - quoted: As much of the datagram as the report holds. Less than all of the probe is no evidence: RFC 792 asks
    ///     for 8 bytes only, and routers that keep to that tell nothing here.
    ///   - endpoint: Where the datagram had been sent to.
    package init?(_ quoted: RawSpan, to endpoint: Endpoint) {
      let reply = DiscoverReply(endpoint: endpoint)
      let start = reply.encodedLength
      guard quoted.byteCount >= start + 20, (try? DiscoverReply(parsing: quoted)) == reply.withoutScope,
        let node = NodeID(quoted.bigEndian(at: start, as: UInt32.self))
      else { return nil }
      self.node = node
      nonce = ChallengeToken(high: quoted.bigEndian(at: start + 4), low: quoted.bigEndian(at: start + 12))
    }
  }
}

extension DiscoverReply {
  /// As it reads on the wire, which carries no scope.
  fileprivate var withoutScope: DiscoverReply {
    DiscoverReply(endpoint: Endpoint(high: endpoint.high, low: endpoint.low, port: endpoint.port))
  }
}
