import PilotConsole
import PilotTransport
import PilotWire
import Testing

@testable import PilotBench

@Suite("the sender of a measured takeover", .timeLimit(.minutes(1)))
struct TakeoverSenderTests {
  @Test("gives up on a beacon that doesn't answer")
  func silence() async throws {
    // Discard (RFC 863): whoever should be there says nothing.
    let sender = try TakeoverSender(to: Endpoint(ipv4: 127, 0, 0, 1, port: 9), destinations: 2...3, payload: 1)
    defer { sender.close() }
    let error = await #expect(throws: CommandFailure.self) { try await sender.register(within: .milliseconds(1)) }
    #expect(error?.what.contains("doesn't answer") == true)
  }
}
