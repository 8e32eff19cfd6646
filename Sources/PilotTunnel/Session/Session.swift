internal import PilotTransport
internal import PilotWire

/// What two key pairs make: a cipher, the half that seals, and what has been seen of the half that opens.
struct Session: Sendable {
  /// Our half's public key, and the peer's: what makes the session the one that it is.
  let own: KeyAgreementKey
  let peer: KeyAgreementKey
  let since: MonotonicInstant

  private(set) var sealer: Sealer
  private let cipher: PacketCipher
  private var history = ReplayHistory()
  /// What else nonces may start with: nothing was sealed with it under this key.
  private var sparePrefix: UInt32?

  /// When a frame has opened last.
  private(set) var openedAt: MonotonicInstant?
  /// When the peer was last sent our half because of its own.
  var offeredAt: MonotonicInstant?

  /// The session of our half and a peer's; nil if they make no key.
  init?(_ own: inout OwnKey, with peer: KeyAgreementKey, of node: NodeID, at now: MonotonicInstant) {
    guard let cipher = own.pair.cipher(with: peer) else { return nil }
    self.own = own.pair.publicKey
    self.peer = peer
    self.cipher = cipher
    since = now
    sealer = Sealer(sender: node, cipher: cipher, prefix: own.takePrefix())
    sparePrefix = own.takePrefix()
  }

  /// Which session it is.
  var name: SessionName { SessionName(own: own, peer: peer) }

  /// Whether a frame with this prefix has opened.
  func knows(_ prefix: UInt32) -> Bool { history.knows(prefix) }

  /// Whether prefixes have run out: no new one of the peer's is taken any more, or it seals with each of ours.
  var needsAnotherKey: Bool { history.isFull || knows(sealer.prefix) }

  /// Whether nothing has opened for this long.
  func isSilent(for time: Duration, at now: MonotonicInstant) -> Bool {
    openedAt.map { $0.duration(to: now) >= time } ?? true
  }

  /// Opens a frame. Nothing has changed unless it opens.
  ///
  /// - Returns: nil if it has opened, and has never before.
  mutating func open(
    _ frame: RawSpan, _ nonce: TunnelNonce, at now: MonotonicInstant, into plaintext: inout MutableRawSpan
  ) -> TunnelDrop? {
    switch history.judge(nonce) {
    case .fresh: break
    case .replayed: return .replayed
    case .closed: return .closedPrefix
    }
    guard cipher.open(frame, into: &plaintext) else { return .forged }
    history.record(nonce)
    openedAt = now
    return nil
  }

  /// Opens a frame whose prefix is known. Mutating throughout, so that nothing of the session is copied for it.
  ///
  /// - Returns: nil if the prefix isn't known; else as ``open(_:_:at:into:)``.
  mutating func openIfKnown(
    _ frame: RawSpan, _ nonce: TunnelNonce, at now: MonotonicInstant, into plaintext: inout MutableRawSpan
  ) -> TunnelDrop?? {
    guard history.knows(nonce.prefix) else { return nil }
    return .some(open(frame, nonce, at: now, into: &plaintext))
  }

  /// The peer seals with the prefix that we do: with the same counters they would be the same nonces. Takes another one.
  ///
  /// - Returns: The sealer from before; nil if there is no other prefix left.
  mutating func takeAnotherPrefix() -> Sealer? {
    guard let prefix = sparePrefix, !knows(prefix) else { return nil }
    sparePrefix = nil
    defer { sealer = Sealer(sender: sealer.sender, cipher: cipher, prefix: prefix) }
    return sealer
  }
}

/// Which session one is: two with the same name have the same key.
struct SessionName: Hashable, Sendable {
  let own: KeyAgreementKey
  let peer: KeyAgreementKey
}

/// A session that no frame has confirmed yet.
struct Candidate: Sendable {
  var session: Session
  /// By which route the peer's key exchange came, and so by which it is asked for a frame.
  var route: RouteChoice
  /// How many path probes have been sent under it.
  var probes = 0
  /// When the next one is due.
  var nextProbe: MonotonicInstant
}
