import PilotTesting
import PilotTransport
import PilotWire
import Testing

@testable import PilotWSS

/// A beacon that hangs in one of the steps to a connection.
private struct HangingBeacon {
  enum Step: String, CaseIterable, CustomTestStringConvertible {
    case connecting = "connecting"
    case securing = "TLS handshake"
    case upgrading = "WebSocket upgrade"
    case challenging = "the authentication"
    case approving = "the authentication took"

    var testDescription: String { "\(self)" }
  }

  let url: WSSURL
  /// Returns as soon as the attempt is in the step, with the connection if there is one.
  let reached: @Sendable () async throws -> RawConnection?
  let stop: @Sendable () async -> Void

  static func start(_ step: Step) async throws -> HangingBeacon {
    if step == .connecting { return try await withFullBacklog() }
    let challenge = try TestIdentities.challenge()
    // Answered on the event loop: the attempt must get to the step within its limit however busy this machine is.
    let server = try await RawServer.start { request in
      switch step {
      case .challenging: FakeBeacon.acceptance(of: request)
      case .approving: FakeBeacon.acceptance(of: request) + RawFrame.text(challenge.json).bytes
      default: []
      }
    }
    let url = WSSURL(isSecure: step == .securing, host: "127.0.0.1", port: Int(server.address.port))
    return HangingBeacon(url: url) {
      let connection = try await server.next()
      switch step {
      case .connecting: break
      case .securing: _ = try await connection.take { $0.count > 100 ? 1 : nil }
      case .upgrading, .challenging: _ = try await connection.takeHead()
      case .approving:
        _ = try await connection.takeHead()
        _ = try await FakeBeacon(connection: connection).takeReply()
      }
      return connection
    } stop: {
      await server.stop()
    }
  }

  private static func withFullBacklog() async throws -> HangingBeacon {
    let hole = try await BlackHole.start()
    return HangingBeacon(url: WSSURL(isSecure: false, host: "127.0.0.1", port: Int(hole.address.port))) {
      nil
    } stop: {
      await hole.stop()
    }
  }
}

@Suite(.timeLimit(.minutes(1)))
struct DialStepTests {
  @Test(arguments: HangingBeacon.Step.allCases)
  fileprivate func `a step that takes too long ends the attempt at the limit, by name`(
    step: HangingBeacon.Step
  ) async throws {
    let beacon = try await HangingBeacon.start(step)
    let error = await failure { _ = try await TestClient.connect(beacon.url) { $0.dialLimit = .seconds(3) } }
    #expect(error?.code == .timedOut)
    #expect(error?.message.contains(step.rawValue) == true, "\(error as Any)")
    try await beacon.reached()?.closed()
    await beacon.stop()
  }

  @Test(arguments: HangingBeacon.Step.allCases)
  fileprivate func `cancelling connect ends it at once, in each step, and leaves no connection`(
    step: HangingBeacon.Step
  ) async throws {
    let beacon = try await HangingBeacon.start(step)
    let connecting = Task {
      await failure { _ = try await TestClient.connect(beacon.url) }
    }
    let connection = try await beacon.reached()
    connecting.cancel()
    #expect(await connecting.value?.code == .cancelled)
    try await connection?.closed()
    await beacon.stop()
  }

  @Test(arguments: HangingBeacon.Step.allCases)
  fileprivate func `close ends everything at once, in each step, and leaves no connection`(
    step: HangingBeacon.Step
  ) async throws {
    let beacon = try await HangingBeacon.start(step)
    let client = try TestClient.start(beacon.url)
    let connection = try await beacon.reached()
    let reading = Task { await failure { _ = try await client.next() } }
    client.close()
    #expect(await reading.value?.code == .closed)
    #expect(await failure { try client.send([1]) }?.code == .closed)
    #expect(await failure { try client.send(pattern(70_000)) }?.code == .closed)
    guard case .closed? = await client.event() else { throw Unexpected("another event") }
    #expect(await client.event() == nil)
    try await connection?.closed()
    await beacon.stop()
  }

  @Test func `connect in a task that is cancelled already dials nobody`() async throws {
    let server = try await RawServer.start()
    let begin = Watched(false)
    let connecting = Task {
      try? await begin.wait { $0 }
      return await failure { _ = try await TestClient.connect(server.url) }
    }
    connecting.cancel()
    begin.update { $0 = true }
    #expect(await connecting.value?.code == .cancelled)
    #expect(server.waiting == 0)
    await server.stop()
  }

  @Test func `cancelling at any moment gives a transport that works or .cancelled`() async throws {
    let listener = try await TestListener.start()
    for round in 0..<200 {
      let connecting = Task { try await TestClient.connect(listener.url()) }
      for _ in 0..<(round * 3) { await Task.yield() }
      connecting.cancel()
      do {
        let client = try await connecting.value
        try client.send([1])
        #expect(try await client.next() == [1])
        client.close()
      } catch let error as TransportError {
        #expect(error.code == .cancelled)
      }
    }
    await listener.shutDown()
    #expect(listener.listener.openConnections == 0)
  }

  @Test func `a close that the beacon does not answer ends all the same`() async throws {
    let server = try await RawServer.start()
    let client = try TestClient.start(server.url)
    let beacon = try await server.nextBeacon()
    try await beacon.establish()
    await client.expectConnected()
    client.close()
    #expect(try await beacon.connection.takeFrame() == .close(WebSocketCloseFrame(.normal)))
    try await beacon.connection.closed()
    await server.stop()
  }
}
