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
    if !datagrams.answers.isEmpty, !isAttached || sizes?.fitsUsual != false {
      let reason = isAttached ? "UDP works, and so does WSS, which takes over when UDP fails" : "UDP works"
      guard let sizes, sizes.isSupported, sizes.longest == nil else {
        self.init(
          path: .udp, maximumPayload: (sizes?.longest ?? SizeFacts.usual) - Relay.headerLength, reason: reason)
        return
      }
      self.init(
        path: .udp, maximumPayload: nil,
        reason: """
          \(reason) for the shortest frames alone: none of \(SizeFacts.tried[0]) bytes comes through in one piece
          """)
    } else if isAttached {
      let why =
        datagrams.beacons.isEmpty
        ? "no udp:// beacon was given"
        : datagrams.answers.isEmpty ? "UDP doesn't come through" : "UDP loses frames of the usual length"
      self.init(
        path: .wss, maximumPayload: FrameLimits.maximumOverWSS - Relay.headerLength, reason: "\(why), and WSS works")
    } else {
      self.init(path: .none, maximumPayload: nil, reason: "no beacon was reached; see the first check that failed")
    }
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
