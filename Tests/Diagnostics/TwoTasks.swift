// expect: sending value of non-Sendable type '() async throws -> Int' risks causing data races

// Two tasks can't share a receiver.
import PilotTransport

func race(_ transport: any Transport) async throws {
  var receiver = try transport.makeReceiver()
  let task = Task { try await receiver.receive { bytes, _ in print(bytes.byteCount) } }
  try await receiver.receive { bytes, _ in print(bytes.byteCount) }
  _ = try await task.value
}
