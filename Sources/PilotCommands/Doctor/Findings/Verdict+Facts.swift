import PilotNode
import PilotTransport
import PilotWire

extension Verdict {
  /// What a node would use: UDP if a beacon answers over it and what is usual fits, else WSS if a beacon takes the connection.
  init(_ facts: DoctorFacts) {
    self.init(
      datagrams: facts.datagrams ?? DatagramFacts(beacons: []), sizes: facts.triedSizes, connections: facts.connections)
  }

  /// The same from what it is made of.
  init(datagrams: DatagramFacts, sizes: SizeFacts?, connections: [ConnectionFacts]) {
    let isAttached = connections.contains(where: \.isUsable)
    if let answer = datagrams.answers.first, !isAttached || sizes?.fitsUsual != false {
      self.init(
        overUDP: sizes, to: answer.source,
        reason: isAttached ? "UDP works, and so does WSS, which takes over when UDP fails" : "UDP works")
    } else if isAttached {
      let why =
        datagrams.beacons.isEmpty
        ? "no udp:// beacon was given"
        : datagrams.answers.isEmpty ? "UDP doesn't come through" : "UDP loses frames of the usual length"
      self.init(
        .wss, PayloadLimit(maximumFrameLength: FrameLimits.maximumOverWSS), toBeacon: FrameLimits.maximumOverWSS,
        reason: "\(why), and WSS works")
    } else {
      self.init(path: .none, maximumPayload: nil, reason: "no beacon was reached; see the first check that failed")
    }
  }

  private init(overUDP sizes: SizeFacts?, to beacon: Endpoint, reason: String) {
    guard let sizes, sizes.isSupported else {
      // Nobody has measured the way to the beacon.
      self.init(
        .udp, PayloadLimit(maximumFrameLength: FrameLimits.maximumOverUDPv4), toBeacon: nil, reason: reason)
      return
    }
    guard let longest = sizes.longest else {
      self.init(
        path: .udp, maximumPayload: nil,
        reason: """
          \(reason) for the shortest frames alone: none of \(SizeFacts.tried[0]) bytes comes through in one piece
          """)
      return
    }
    let mtu = PathMTU(bytes: longest + (beacon.isIPv4 ? 28 : 48))
    let limit = PayloadLimit(maximumFrameLength: FrameLimits.maximumOverUDPv4, path: (beacon: beacon, mtu: mtu))
    self.init(.udp, limit, toBeacon: longest, reason: reason)
  }

  /// - Parameter frame: The longest frame that gets as far as the beacon, in bytes; nil if that isn't known.
  private init(_ path: Path, _ limit: PayloadLimit, toBeacon frame: Int?, reason: String) {
    let own = frame.map { $0 - Relay.headerLength }
    let further = own.flatMap { $0 > limit.bytes ? "; \($0) bytes get as far as the beacon" : nil } ?? ""
    self.init(path: path, maximumPayload: limit.bytes, reason: reason, limitReason: "\(limit.reason)\(further)")
  }
}

extension SizeFacts {
  /// Whether what is usual comes through, as far as that was tried.
  fileprivate var fitsUsual: Bool { !isSupported || (longest ?? 0) >= Self.usual }
}

extension ConnectionFacts {
  /// Whether a node could use the connection, as far as it was tried.
  var isUsable: Bool {
    if hasIdentity, case .done = authenticating { return true }
    if !hasIdentity, case .done = upgrading { return true }
    return false
  }
}
