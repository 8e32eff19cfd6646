// expect: lifetime-dependent variable 'kept' escapes its scope

// The bytes that receive lends can't leave its closure.
import PilotTransport

func keep(_ transport: any Transport) async throws {
  var receiver = try transport.makeReceiver()
  var kept = RawSpan()
  try await receiver.receive { bytes, _ in kept = bytes }
  print(kept.byteCount)
}
