import PilotTransport
import PilotWire
import Testing

@testable import PilotWSS

/// What an error advises, held against what then happens.
@Suite(.timeLimit(.minutes(1)))
struct RetryAdviceTests {
  /// A port of this machine where nobody listens, and the listener that then does.
  private func freePort() async throws -> Endpoint {
    let listener = try await TestListener.start()
    let address = listener.address
    await listener.shutDown()
    return address
  }

  @Test func `after a connect that failed no event comes, and the same call succeeds later`() async throws {
    let address = try await freePort()
    let url = try WSSURL(parsing: "ws://127.0.0.1:\(address.port)/v1/compat")
    let error = await failure { _ = try await TestClient.connect(url) }
    #expect(error?.code == .connectFailed)
    #expect(error?.retry == .later(after: nil))
    let listener = try await TestListener.start(address: address)
    let client = try await TestClient.connect(url)
    client.close()
    await listener.shutDown()
  }

  @Test func `while a transport dials on, events follow, and the same send succeeds after one`() async throws {
    let address = try await freePort()
    let client = try TestClient.start(WSSURL(parsing: "ws://127.0.0.1:\(address.port)/v1/compat"))
    let refusal = await failure { try client.send([1]) }
    #expect(refusal?.code == .reconnecting)
    #expect(refusal?.retry == .afterEvent)
    for _ in 0..<3 {
      let reason = try await client.reasonToReconnect()
      #expect(reason.code == .connectFailed)
      #expect(reason.retry == .afterEvent)
    }
    let listener = try await TestListener.start(address: address)
    while let event = await client.event() {
      if case .connected = event { break }
    }
    try client.send([1])
    #expect(try await client.next() == [1])
    client.close()
    let closed = await failure { try client.send([1]) }
    #expect(closed?.retry == .never)
    await listener.shutDown()
  }
}
