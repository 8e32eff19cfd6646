// expect: ok

// Everything that the others do wrong, done right.
import PilotTransport

func echo(_ transport: any Transport) async throws {
  var receiver = try transport.makeReceiver()
  let first = try await receiver.next()
  let kept = first.copiedBytes
  try transport.send(first.bytes, to: first.source)
  try await receiver.receive { bytes, source in
    _ = try? transport.send(bytes, to: source)
  }
  var batch = FrameBatch()
  let second = try await receiver.next()
  if batch.append(second.bytes, to: second.source) { batch.removeFirst(try transport.send(contentsOf: batch)) }
  print(kept.count)
}

func readElsewhere(_ transport: any Transport) -> Task<Void, any Error> {
  Task {
    var receiver = try transport.makeReceiver()
    while true { print(try await receiver.next().bytes.byteCount) }
  }
}

func handOver(_ transport: any Transport) async throws {
  try await read(transport.makeReceiver())
}

func read(_ receiver: consuming Receiver) async throws {
  while true { print(try await receiver.next().source) }
}

func answer(_ transport: any Transport) async throws {
  var receiver = try transport.makeReceiver()
  try await receiver.forEach { frame throws(TransportError) in
    try transport.send(frame.bytes, to: frame.source)
  }
}

func readBoth(_ first: any Transport, _ second: any Transport) async throws {
  var receiver = Receiver.merging(try first.makeReceiver(), try second.makeReceiver())
  try await receiver.forEach { frame in print(frame.source) }
}
