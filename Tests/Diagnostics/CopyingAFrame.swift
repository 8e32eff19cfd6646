// expect: 'frame' consumed more than once

// A frame has one user at a time; its bytes can be copied.
import PilotTransport

func copy(_ transport: any Transport) async throws {
  var receiver = try transport.makeReceiver()
  let frame = try await receiver.next()
  let one = frame
  let other = frame
  print(one.source, other.source)
}
