package import PilotIdentity
package import PilotTransport
package import PilotWire

extension TunnelMachine {
  /// A signed key exchange has come. What costs nothing is looked at first, then whether its origin has anything left.
  mutating func receive(
    _ exchange: AuthenticatedKeyExchange, by route: TunnelRoute, at now: MonotonicInstant
  ) -> Reception {
    let node = exchange.sender
    guard let index = peers.index(of: node) else {
      guard lookUpStranger(node, because: .exchange(exchange, route), by: route, at: now) else {
        return .dropped(drop(.tooMany, of: nil))
      }
      return .exchange(node)
    }
    if let known = peers[index].key, known != exchange.publicKey {
      refetch(node, because: .exchange(exchange, route), by: route, at: now)
      return .dropped(drop(.wrongKey, of: node))
    }
    if peers[index].hasSession(with: exchange.agreementKey) {
      peers[index].reoffered(exchange.agreementKey, by: route, at: now, &side)
      note(node)
      return .dropped(drop(.staleExchange, of: node))
    }
    guard budget.admits(by: route, from: node, at: now) else { return .dropped(drop(.tooMany, of: node)) }
    return take(exchange, by: route, at: now).map { .dropped(drop($0, of: node)) } ?? .exchange(node)
  }

  /// Verifies a key exchange of a peer that has a place here, and makes a candidate of it.
  private mutating func take(
    _ exchange: AuthenticatedKeyExchange, by route: TunnelRoute, at now: MonotonicInstant
  ) -> TunnelDrop? {
    let node = exchange.sender
    let signed = AuthenticatedKeyExchange.signedBytes(sender: node, agreementKey: exchange.agreementKey)
    guard let index = peers.index(of: node) else { return .unknownPeer }
    let key = peers[index].key ?? exchange.publicKey
    guard key == exchange.publicKey else { return .wrongKey }
    guard key.verifies(exchange.signature, of: signed.span.raw) else { return .wrongSignature }
    peers[index].counters.verified += 1
    side.counters.verified += 1
    let failure = peers[index].offered(exchange.agreementKey, by: route, at: now, &side)
    note(node)
    return failure
  }

  /// A key exchange has come that nobody vouches for. Who has a key that is known gets ours, and nothing else.
  mutating func receive(_ exchange: KeyExchange, by route: TunnelRoute, at now: MonotonicInstant) -> Reception {
    let node = exchange.sender
    guard let index = peers.index(of: node) else {
      guard lookUpStranger(node, because: .bareExchange(exchange, route), by: route, at: now) else {
        return .dropped(drop(.tooMany, of: nil))
      }
      return .exchange(node)
    }
    let isNew = !peers[index].hasSession(with: exchange.agreementKey)
    guard isNew || peers[index].key != nil else {
      peers[index].reoffered(exchange.agreementKey, by: route, at: now, &side)
      return .dropped(drop(.staleExchange, of: node))
    }
    guard budget.admits(by: route, from: node, at: now) else { return .dropped(drop(.tooMany, of: node)) }
    return take(exchange, by: route, at: now).map { .dropped(drop($0, of: node)) } ?? .exchange(node)
  }

  private mutating func take(
    _ exchange: KeyExchange, by route: TunnelRoute, at now: MonotonicInstant
  ) -> TunnelDrop? {
    guard let index = peers.index(of: exchange.sender) else { return .unknownPeer }
    defer { note(exchange.sender) }
    guard peers[index].key == nil, side.configuration.allowsUnauthenticated else {
      peers[index].answer(by: route, at: now, &side)
      return .unauthenticated
    }
    return peers[index].offered(exchange.agreementKey, by: route, at: now, &side)
  }

  /// The directory has answered, or another answer than before has to be told.
  ///
  /// - Parameters:
  ///   - answer: What it says; nil if it couldn't say anything.
  ///   - node: Of whom.
  ///   - now: The time.
  package mutating func learned(_ answer: KeyAnswer?, of node: NodeID, at now: MonotonicInstant) {
    let lookup = lookups.take(node)
    let isWanted = lookup?.isWanted ?? false || side.pending.isAwaiting(node)
    var key: PublicKey?
    switch answer {
    case .key(let known):
      key = known
      if let peer = peers[node], peer.key != known { remove(node, because: .keyChanged) }
    case .unknown:
      if peers[node]?.key != nil { remove(node, because: .revoked) }
      guard side.configuration.allowsUnauthenticated else {
        if isWanted || lookup != nil { turnAway(node, lookup, .unknown, at: now) }
        return
      }
    case nil:
      if isWanted || lookup != nil { turnAway(node, lookup, .unavailable, at: now) }
      return
    }
    guard isWanted || lookup?.cause != nil else { return }
    if peers[node] == nil, !insert(node, key: key, at: now) { return }
    if let cause = lookup?.cause { resume(cause, of: node, at: now) }
    if isWanted, let index = peers.index(of: node) { peers[index].connect(at: now, &side) }
    note(node)
  }

  /// Goes on with the frame that the key was looked up for.
  private mutating func resume(_ cause: KeyLookups.Cause, of node: NodeID, at now: MonotonicInstant) {
    switch cause {
    case .exchange(let exchange, let route):
      guard let failure = take(exchange, by: route, at: now) else { return }
      _ = drop(failure, of: node)
      // Nothing of it was verified: while the peer's own session is alive, it is somebody else's, and nobody's business.
      guard failure == .wrongKey else { return }
      if isHeard(node, at: now) {
        if let index = peers.index(of: node) { peers[index].fetchSooner(side) }
      } else {
        refuse(node, .wrongKey, at: now)
      }
    case .bareExchange(let exchange, let route):
      if let failure = take(exchange, by: route, at: now) { _ = drop(failure, of: node) }
    case .sealed(let route):
      guard let index = peers.index(of: node) else { return }
      peers[index].answer(by: route, at: now, &side)
    }
  }

  /// Whether a frame has opened under a peer's session lately. No longer than that: a peer that has a new identity is to be named while
  /// somebody wonders why nothing comes.
  private func isHeard(_ node: NodeID, at now: MonotonicInstant) -> Bool {
    peers[node]?.current.map { !$0.isSilent(for: side.configuration.silence, at: now) } ?? false
  }

  private mutating func turnAway(
    _ node: NodeID, _ lookup: KeyLookups.Entry?, _ reason: RefusalReason, at now: MonotonicInstant
  ) {
    for _ in 0..<side.pending.remove(node) { _ = drop(.refused, of: node) }
    switch lookup?.cause {
    case .exchange: _ = drop(.unknownPeer, of: node)
    case .bareExchange: _ = drop(.unauthenticated, of: node)
    case .sealed, nil: break
    }
    if case .bareExchange = lookup?.cause, reason == .unknown {
      refuse(node, .notAllowed, at: now)
    } else {
      refuse(node, reason, at: now)
    }
  }

  /// A stranger's frame has come: its key is looked up, if its origin has anything left. Whether it is.
  @discardableResult
  mutating func lookUpStranger(
    _ node: NodeID, because cause: KeyLookups.Cause, by route: TunnelRoute, at now: MonotonicInstant
  ) -> Bool {
    guard budget.admits(by: route, from: node, at: now) else { return false }
    if lookups.ask(node, because: cause, at: now) { side.put(.lookUp(node)) }
    return true
  }

  /// The peer may have another key by now: the directory is asked again, though not for each frame that says so.
  private mutating func refetch(
    _ node: NodeID, because cause: KeyLookups.Cause, by route: TunnelRoute, at now: MonotonicInstant
  ) {
    guard let index = peers.index(of: node), peers[index].mayFetch(at: now),
      budget.admits(by: route, from: node, at: now)
    else { return }
    peers[index].fetchedAt = now
    if lookups.ask(node, because: cause, at: now) { side.put(.lookUp(node)) }
  }
}
