// expect: overlapping accesses to 'receiver'

// A frame is lent until its receiver is used again.
import PilotTransport

func keep(_ transport: any Transport) async throws {
  var receiver = try transport.makeReceiver()
  let first = try await receiver.next()
  _ = try await receiver.next()
  print(first.bytes.byteCount)
}
