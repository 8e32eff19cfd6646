// expect: lifetime-dependent variable 'frame' escapes its scope

// A frame can't outlive the receiver that lends it.
import PilotTransport

func first(_ transport: any Transport) async throws -> Int {
  let frame: Frame
  do {
    var receiver = try transport.makeReceiver()
    frame = try await receiver.next()
  }
  return frame.bytes.byteCount
}
