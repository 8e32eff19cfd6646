// expect: 'receiver' consumed more than once

// There is one receiver, and it can't be copied.
import PilotTransport

func read(_ receiver: consuming Receiver) async throws {
  print(try await receiver.next().source)
}

func copy(_ transport: any Transport) async throws {
  let receiver = try transport.makeReceiver()
  try await read(receiver)
  try await read(receiver)
}
