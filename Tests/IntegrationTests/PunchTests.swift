import PilotBeacon
import PilotIdentity
import PilotTransport
import PilotWire
import Testing

/// Hole punching through a real beacon: both sides are told, over whichever transport they have.
@Suite("Punching")
struct PunchTests {
  @Test("Two nodes on UDP are told each other's endpoint", .timeLimit(.minutes(1)))
  func overUDP() async throws {
    try await TestBeacon.run { beacon in
      let (a, b) = (try beacon.bind(1), try beacon.bind(2))
      var atA = try a.transport.makeReceiver()
      var atB = try b.transport.makeReceiver()
      try await a.register(&atA)
      try await b.register(&atB)
      try a.transport.send(PunchRequest(requester: a.id, target: b.id).encoded(), to: beacon.udp)
      #expect(try await atA.punchCommand() == b.transport.localEndpoint)
      #expect(try await atB.punchCommand() == a.transport.localEndpoint)
      #expect(beacon.server.statistics.router.punches[.served] == 1)
    }
  }

  @Test("A node on WSS is told its target's endpoint over its connection", .timeLimit(.minutes(1)))
  func overWSS() async throws {
    try await TestBeacon.run { beacon in
      let (a, b) = (try await beacon.connect(1), try beacon.bind(2))
      var atA = try a.transport.makeReceiver()
      var atB = try b.transport.makeReceiver()
      try await b.register(&atB)
      try a.transport.send(PunchRequest(requester: a.id, target: b.id).encoded(), to: .wssBeacon)
      #expect(try await atA.punchCommand() == b.transport.localEndpoint)
    }
  }

  @Test("A grant is verified by the target's key, and a wrong one is met with silence", .timeLimit(.minutes(1)))
  func granted() async throws {
    try await TestBeacon.run {
      $0.router.requiresPunchGrant = true
      $0.router.punchesPerSource = 1_000_000
      $0.router.punchesInAll = 1_000_000
    } _: { beacon in
      let (a, b) = (try beacon.bind(1), try beacon.bind(2))
      var atA = try a.transport.makeReceiver()
      var atB = try b.transport.makeReceiver()
      try await a.register(&atA)
      try await b.register(&atB)
      let expiry: UInt64 = 1 << 40
      func request(signing text: String) throws -> PunchRequest {
        let grant = PunchGrant(expiry: expiry, signature: try TestBeacon.identity.sign(text))
        return PunchRequest(requester: a.id, target: b.id, grant: grant)
      }
      let wrong = try request(signing: PunchGrant.signedText(requester: b.id, target: a.id, expiry: expiry))
      let right = try request(signing: PunchGrant.signedText(requester: a.id, target: b.id, expiry: expiry))
      let without = PunchRequest(requester: a.id, target: b.id)
      for request in [without, wrong, right] {
        try a.transport.send(request.encoded(), to: beacon.udp)
        // Its answer shows that the request was looked at; the next one is another moment's.
        if request.grant != right.grant { try await a.register(&atA) }
      }
      #expect(try await atA.punchCommand() == b.transport.localEndpoint)
      #expect(try await atB.punchCommand() == a.transport.localEndpoint)
      let router = beacon.server.statistics.router
      #expect(router.punches[.ungranted] == 1)
      #expect(router.grants[.refused] == 1)
      #expect(router.grants[.served] == 1)
    }
  }
}

extension Receiver {
  /// The endpoint of the next PunchCommand. Other frames are passed over.
  fileprivate mutating func punchCommand() async throws -> Endpoint {
    while true {
      let frame = try await next()
      if let command = try? PunchCommand(parsing: frame.bytes) { return command.endpoint }
    }
  }
}
