package import PilotTransport
package import PilotWire

extension TunnelMachine {
  /// A tunnel frame has come.
  ///
  /// - Parameters:
  ///   - frame: The whole frame.
  ///   - route: Which way it has come.
  ///   - relayer: For one that has come by the relay, whose it is by the beacon's account.
  ///   - now: The time.
  ///   - plaintext: Where a packet is written: at least 36 bytes less than the frame has. Nothing else is to be read from it
  ///     than what is returned.
  package mutating func receive(
    _ frame: RawSpan, by route: TunnelRoute, relayedFor relayer: NodeID?, at now: MonotonicInstant,
    into plaintext: inout MutableRawSpan
  ) -> Reception {
    // Nearly all are sealed: those don't go through what holds any kind.
    guard let sealed = try? SealedFrame(parsing: frame) else {
      return receive(unsealed: frame, by: route, relayedFor: relayer, at: now)
    }
    let (sender, nonce) = (sealed.sender, sealed.nonce)
    if let wrong = check(sender, by: route, relayedFor: relayer) { return .dropped(drop(wrong, of: nil)) }
    return receive(sealed: frame, nonce, from: sender, by: route, at: now, into: &plaintext)
  }

  @inline(never)
  private mutating func receive(
    unsealed frame: RawSpan, by route: TunnelRoute, relayedFor relayer: NodeID?, at now: MonotonicInstant
  ) -> Reception {
    guard let tunnelFrame = try? TunnelFrame(parsing: frame) else { return .dropped(drop(.malformed, of: nil)) }
    switch tunnelFrame {
    case .authenticatedKeyExchange(let exchange):
      if let wrong = check(exchange.sender, by: route, relayedFor: relayer) { return .dropped(drop(wrong, of: nil)) }
      return receive(exchange, by: route, at: now)
    case .keyExchange(let exchange):
      if let wrong = check(exchange.sender, by: route, relayedFor: relayer) { return .dropped(drop(wrong, of: nil)) }
      return receive(exchange, by: route, at: now)
    case .punch: return .punch
    case .plain: return .dropped(drop(.plain, of: nil))
    case .sealed: return .dropped(drop(.malformed, of: nil))
    @unknown default: return .dropped(drop(.malformed, of: nil))
    }
  }

  /// The place of a peer, which is most often that of the frame before.
  private mutating func index(of node: NodeID) -> Int? {
    if let recent, recent.node == node { return recent.index }
    guard let index = peers.index(of: node) else { return nil }
    recent = (node, index)
    return index
  }

  private func check(_ sender: NodeID, by route: TunnelRoute, relayedFor relayer: NodeID?) -> TunnelDrop? {
    if sender == side.id { return .ownSender }
    return route == .relay && relayer != sender ? .otherSender : nil
  }

  private mutating func receive(
    sealed frame: RawSpan, _ nonce: TunnelNonce, from sender: NodeID, by route: TunnelRoute, at now: MonotonicInstant,
    into plaintext: inout MutableRawSpan
  ) -> Reception {
    let length = frame.byteCount - SealedFrame.headerLength - SealedFrame.tagLength
    guard plaintext.byteCount >= length else { return .dropped(drop(.malformed, of: sender)) }
    guard let index = index(of: sender) else {
      lookUpStranger(sender, because: .sealed(route), by: route, at: now)
      return .dropped(drop(.noSession, of: nil))
    }
    let confirmed = peers[index].confirmations()
    let failure = peers[index].open(frame, nonce, by: route, at: now, into: &plaintext, &side)
    if let failure {
      if failure == .forged || failure == .noSession { answer(sender, by: route, at: now) }
      return .dropped(drop(failure, of: sender))
    }
    let reception = read(plaintext.bytes.extracting(first: length), from: sender, at: index, by: route, at: now)
    if peers[index].confirmations() != confirmed {
      note(sender)
      evictOne(besides: sender)
    }
    return reception
  }

  /// What opened: it is the peer's, and it alone says nothing about whose packet it is.
  private mutating func read(
    _ plaintext: RawSpan, from node: NodeID, at index: Int, by route: TunnelRoute,
    at now: MonotonicInstant
  ) -> Reception {
    guard let packet = try? Packet(parsing: plaintext) else { return .dropped(drop(.malformedPacket, of: node)) }
    let header = packet.header
    let range = Packet.headerLength..<Packet.headerLength + packet.payload.byteCount
    let isControl = header.protocol == .control
    let isToPing = isControl && header.destination.port == PilotPort.ping
    // Versions before 1.12.1 leave their keepalive's source at 0.
    if isToPing, range.isEmpty, header.source.address.node == 0 { return .life(from: node) }
    guard header.source.address.node == node.rawValue else { return .dropped(drop(.wrongSource, of: node)) }
    guard header.destination.address.node == side.id.rawValue else {
      return .dropped(drop(.wrongDestination, of: node))
    }
    if isControl, header.flags.contains(.ack), isToPing || header.source.port == PilotPort.ping {
      return .echo(from: node, payload: range)
    }
    if isToPing {
      if range.isEmpty { return .life(from: node) }
      peers[index].echo(header, packet.payload, by: route, &side)
      return .probe(from: node, payload: range)
    }
    if header.protocol == .fragment {
      peers[index].activity.received(at: now)
    } else {
      peers[index].receivedPacket(range.count, at: now, &side)
    }
    return .packet(from: node, header: header, payload: range)
  }

  /// A peer's datagram has come in fragments, and is handed on.
  mutating func assembled(_ length: Int, of node: NodeID, at now: MonotonicInstant) {
    guard let index = peers.index(of: node) else { return }
    peers[index].receivedPacket(length, at: now, &side)
  }

  /// A frame of a peer's doesn't open: it may have another session than we, or none.
  private mutating func answer(_ node: NodeID, by route: TunnelRoute, at now: MonotonicInstant) {
    guard let index = peers.index(of: node), peers[index].mayAnswer(by: route, at: now, side),
      budget.admits(by: route, from: node, at: now)
    else { return }
    peers[index].answer(by: route, at: now, &side)
  }

  /// There are too many sessions: the one that has been used least lately goes.
  private mutating func evictOne(besides node: NodeID) {
    guard side.confirmedPeers > side.configuration.peerLimit else { return }
    let others = peers.values.lazy.filter { $0.current != nil && $0.node != node }
    guard let quietest = others.min(by: { $0.activity.usedAt < $1.activity.usedAt }) else { return }
    remove(quietest.node, because: .evicted)
  }
}
