import NIOCore
import PilotIdentity
import PilotTransport
import PilotWire

/// The beacon's end of a connection: challenges, looks the key up, then hands frames to the dispatcher.
final class WSSServerPeer: WebSocketPeer {
  /// Where a peer's parts come from.
  struct Environment {
    let keys: any KeyDirectory
    let lookups: KeyLookupShares
    let unixTime: @Sendable () -> UInt64
    let dispatcher: any WSSDispatcher
    let nextID: () -> UInt64
    /// Takes a place among the authenticated ones; false if there is none.
    let admit: () -> Bool
    let loop: any EventLoop
    /// What the beacon is called where this connection came in.
    let isOwnName: @Sendable (BeaconName) -> Bool
  }

  private let environment: Environment
  private let remote: Endpoint
  private let subprotocol: PilotSubprotocol
  private let outbound: OutboundQueue
  private var authentication: WSSServerAuthentication
  private var link: (any WebSocketLink)?
  private var provenKey: PublicKey?
  private var connection: WSSConnection?
  private var refusal: WSSRefusal.Reason?
  /// Whether the peer has shown that it takes messages that deployed clients don't.
  private var takesLongFrames = false

  init(
    environment: Environment, remote: Endpoint, subprotocol: PilotSubprotocol, outbound: OutboundQueue,
    nonce: ChallengeNonce
  ) {
    self.environment = environment
    self.remote = remote
    self.subprotocol = subprotocol
    self.outbound = outbound
    authentication = WSSServerAuthentication(
      challenge: AuthChallenge(nonce: nonce, timestamp: environment.unixTime()),
      naming: subprotocol == .v2 ? .one(environment.isOwnName) : .none)
  }

  /// Whether the peer is of this project, and takes messages of every length.
  var isOwn: Bool { subprotocol.isOwn }

  func opened(_ link: any WebSocketLink) -> WebSocketReaction {
    self.link = link
    return .send(text: Array(authentication.challenge.json.utf8))
  }

  func receive(text: RawSpan) -> WebSocketReaction {
    switch authentication.receive(text: text) {
    case .lookUpKey(let node):
      switch environment.keys.answerAtHand(for: node) {
      case .key(let key): return lookedUp(.success(key))
      case .unknown: return lookedUp(.success(nil))
      case nil: return lookUp(node)
      }
    case .ignore:
      return .none
    case .refuse(let reason):
      return refuse(reason)
    }
  }

  func receive(binary: RawSpan) -> WebSocketReaction {
    guard let connection else { return refuse(.unexpectedMessage) }
    if binary.byteCount > FrameLimits.maximumOfDeployedClients, !takesLongFrames { takeLongFrames() }
    environment.dispatcher.received(binary, on: connection)
    return .none
  }

  /// Who sends such messages takes them as well.
  private func takeLongFrames() {
    takesLongFrames = true
    outbound.takeAllLengths()
  }

  func ignoredBinary() {
    guard connection != nil else { return }
    environment.dispatcher.ignored()
  }

  func readCompleted() {
    guard let connection else { return }
    environment.dispatcher.readCompleted(on: connection)
  }

  var sendsRestWhenClosed: Bool { true }

  func parting() {
    guard let connection else { return }
    environment.dispatcher.parting(connection)
  }

  func ended(_ end: WebSocketEnd) {
    link = nil
    if let connection {
      environment.dispatcher.detached(connection)
      self.connection = nil
    } else {
      let reason = refusal ?? WSSRefusal.Reason(end)
      environment.dispatcher.refused(
        WSSRefusal(
          reason: reason, node: authentication.claimedNode, beacon: authentication.claimedBeacon, remote: remote))
    }
  }

  private func lookUp(_ node: NodeID) -> WebSocketReaction {
    let (keys, lookups) = (environment.keys, environment.lookups)
    // A known node is in nobody's way, and nobody in its: the directory needs no place to have its key confirmed.
    let isKnown = keys.cachedPublicKey(of: node) != nil
    guard isKnown || lookups.begin(for: remote) else { return lookedUp(.failure(KeyLookupError.tooMany)) }
    let lookup = environment.loop.makePromise(of: PublicKey?.self)
    lookup.completeWithTask { [remote] in try await keys.publicKey(of: node, for: remote) }
    let bound = NIOLoopBound(self, eventLoop: environment.loop)
    lookup.futureResult.whenComplete { [remote] result in
      if !isKnown { lookups.end(for: remote) }
      guard let link = bound.value.link else { return }
      link.perform(bound.value.lookedUp(result))
    }
    return .none
  }

  private func lookedUp(_ result: Result<PublicKey?, any Error>) -> WebSocketReaction {
    let outcome =
      switch result {
      case .success(let key): authentication.receive(key: key, now: environment.unixTime())
      case .failure: authentication.lookupFailed()
      }
    switch outcome {
    case .establish:
      guard environment.admit() else { return refuse(.atCapacity) }
      provenKey = (try? result.get()) ?? nil
      return .establish(text: Array(AuthOK().json.utf8))
    case .refuse(let reason): return refuse(reason)
    case .ignore: return .none
    }
  }

  /// Whoever hears of a change of keys closes the connections that are attached. One whose key changed before it was is
  /// found here.
  func established() {
    guard let link, let node = authentication.claimedNode, let provenKey else { return }
    let connection = WSSConnection(
      id: environment.nextID(), node: node, key: provenKey, remote: remote, isOwn: isOwn, outbound: outbound,
      loop: environment.loop, link: link)
    self.connection = connection
    if isOwn { takeLongFrames() }
    environment.dispatcher.attached(connection)
    if environment.keys.hasRevoked(provenKey, of: node) { link.perform(.close(.keyChanged)) }
  }

  /// The connection is about to be closed to make room.
  func displace() {
    if refusal == nil { refusal = .displaced }
  }

  private func refuse(_ reason: WSSRefusal.Reason) -> WebSocketReaction {
    refusal = reason
    switch reason {
    case .lookupFailed, .atCapacity:
      // No fault of the node's: it is to come again soon.
      return .close(WebSocketCloseFrame(.tryAgainLater, reason: "try again"))
    default:
      return .close(WebSocketCloseFrame(.policyViolation, reason: HandshakeVerdict.peerReason))
    }
  }
}

/// Why a key wasn't looked up.
private enum KeyLookupError: Error {
  /// Others of the same source are being looked up.
  case tooMany
}

extension WSSRefusal.Reason {
  fileprivate init(_ end: WebSocketEnd) {
    switch end {
    case .authenticationTimedOut, .silent, .stalled: self = .timedOut
    case .failed: self = .unexpectedMessage
    case .closed, .closedHere, .lost: self = .disconnected
    }
  }
}
