import PilotWSS

/// All that `pilot doctor` has seen by now.
struct DoctorFacts: Sendable {
  /// How long datagrams may be.
  enum Sizes: Sendable {
    /// It isn't known yet.
    case pending
    /// No beacon answers.
    case notTried
    case tried(SizeFacts)
  }

  var names: [NameFacts]?
  var datagrams: DatagramFacts?
  var sizes = Sizes.pending
  /// The beacons over WSS, in their order.
  var connections: [ConnectionFacts]

  /// Whether what a check is about won't change any more.
  func isKnown(_ check: DoctorCheck) -> Bool {
    switch check {
    case .dns: names != nil
    // One beacon's time is enough.
    case .clock: connections.contains(where: \.tellsTime) || connections.allSatisfy { $0.page != nil }
    case .udp, .nat: datagrams != nil
    case .mtu: if case .pending = sizes { false } else { true }
    case .tcp, .portal, .proxy, .tls, .upgrade, .auth, .idle: connections.allSatisfy { $0.isKnown(check) }
    }
  }

  /// What a check says, once it is known.
  func finding(_ check: DoctorCheck) -> Finding {
    switch check {
    case .dns: .dns(names ?? [], proxied: proxied)
    case .clock: .clock(connections)
    case .udp: .udp(datagrams ?? DatagramFacts(beacons: []))
    case .nat: .nat(datagrams ?? DatagramFacts(beacons: []))
    case .mtu: .mtu(triedSizes)
    case .tcp, .portal, .proxy, .tls, .upgrade, .auth, .idle: .connection(check, connections)
    }
  }

  /// What was seen of lengths.
  var triedSizes: SizeFacts? {
    if case .tried(let sizes) = sizes { return sizes }
    return nil
  }

  /// The hosts that a proxy resolves.
  private var proxied: Set<String> {
    Set(connections.compactMap { if case .proxy = $0.route { $0.url.host } else { nil } })
  }
}
