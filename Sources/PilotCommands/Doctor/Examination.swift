import PilotNode
import PilotTransport
import PilotWSS
import PilotWire

/// Looks at each layer between this machine and its beacons, and tells each finding as soon as its turn has come.
struct Examination: Sendable {
  let plan: DoctorPlan
  /// Told each finding, in the order of ``DoctorCheck``.
  let tell: @Sendable (Finding) async throws -> Void

  /// - Returns: The verdict.
  func run() async throws -> Verdict {
    // The layers of one way don't wait for those of the other.
    async let connection = inquireOverWSS()
    let names = try await NameInquiry.run(plan.hosts)
    let datagrams = try await DatagramInquiry.run(plan.targets(names))
    let sizes = try await inquireSizes(datagrams)
    let wss = try await connection

    try await tell(.dns(names, proxied: proxied(wss)))
    try await tell(.clock(wss))
    try await tell(.udp(datagrams))
    try await tell(.nat(datagrams))
    try await tell(.mtu(sizes))
    for finding in [Finding.tcp(wss), .portal(wss), .proxy(wss), .tls(wss), .upgrade(wss), .auth(wss), .idle(wss)] {
      try await tell(finding)
    }
    return Verdict(datagrams: datagrams, sizes: sizes, connection: wss)
  }

  private func inquireSizes(_ datagrams: DatagramFacts) async throws -> SizeFacts? {
    guard let nearest = datagrams.answers.min(by: { $0.roundTrip < $1.roundTrip }) else { return nil }
    return try await SizeInquiry.run(towards: nearest)
  }

  /// The first beacon that takes the connection; if none does, the first of all.
  private func inquireOverWSS() async throws -> ConnectionFacts? {
    var first: ConnectionFacts?
    for configuration in plan.connections {
      let facts = try await ConnectionInquiry.run(configuration, hasIdentity: plan.hasIdentity, idle: plan.idle)
      if facts.isUsable { return facts }
      if first == nil { first = facts }
    }
    return first
  }

  /// The hosts that a proxy resolves.
  private func proxied(_ wss: ConnectionFacts?) -> Set<String> {
    guard let wss, case .proxy = wss.route else { return [] }
    return [wss.url.host]
  }
}
