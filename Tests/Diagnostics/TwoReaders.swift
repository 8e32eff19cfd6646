// expect: sending 'receiver' risks causing data races

// Two tasks can't read at the same time.
import PilotTransport

func race(_ transport: any Transport) async throws {
  var receiver = try transport.makeReceiver()
  async let first = receiver.next().bytes.byteCount
  async let second = receiver.next().bytes.byteCount
  print(try await first + second)
}
