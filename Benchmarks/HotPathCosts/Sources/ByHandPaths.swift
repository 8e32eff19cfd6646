import PilotTransport
import PilotUDP
import PilotWire

/// The same frames as the node's cases, over the same transport, without a node: a header before each payload, and the look at
/// each delivery that whoever reads one has to take. What a node adds is the difference to these.
extension HotPath {
  static let byHand: [HotPath] = [
    HotPath("by-hand-send") { count, stopwatch in try byHandSend(count, &stopwatch) },
    HotPath("by-hand-send-batch") { count, stopwatch in try byHandSendBatch(count, &stopwatch) },
    HotPath("by-hand-receive-batch") { count, stopwatch in try await byHandReceiveBatch(count, &stopwatch) },
  ]

  private static let perBatch = 32

  /// The 9 bytes before a payload, which are the same for each.
  private static func header(from sender: NodeID, to destination: NodeID) -> [UInt8] {
    Relay(sender: sender, destination: destination, payload: RawSpan()).encoded()
  }

  private static func byHandSend(_ count: Int, _ stopwatch: inout Stopwatch) throws -> UInt64 {
    let samples = Samples(length: 1200)
    let ids = try Samples.nodes(2)
    let pair = try LoopbackPair()
    defer { pair.close() }
    let beacon = pair.receiver.localEndpoint
    let header = header(from: ids[0], to: ids[1])
    var sum: UInt64 = 0
    stopwatch.start()
    for index in 0..<count {
      try pair.sender.send(header: header.span.raw, payload: samples.bytes(at: index), to: beacon)
      sum &+= 1
    }
    stopwatch.stop()
    return sum
  }

  private static func byHandSendBatch(_ count: Int, _ stopwatch: inout Stopwatch) throws -> UInt64 {
    let samples = Samples(length: 1200)
    let ids = try Samples.nodes(2)
    let pair = try LoopbackPair()
    defer { pair.close() }
    let beacon = pair.receiver.localEndpoint
    let header = header(from: ids[0], to: ids[1])
    var batch = FrameBatch()
    var sum: UInt64 = 0
    stopwatch.start()
    for _ in 0..<max(1, count / perBatch) {
      for index in 0..<perBatch
      where !batch.append(header: header.span.raw, payload: samples.bytes(at: index), to: beacon) {
        throw UnexpectedResult(what: "a full batch")
      }
      let taken = try pair.sender.send(contentsOf: batch)
      guard taken == perBatch else { throw UnexpectedResult(what: "\(taken) frames taken") }
      sum &+= UInt64(taken)
      batch.removeAll()
    }
    stopwatch.stop()
    return sum
  }

  private static func byHandReceiveBatch(_ count: Int, _ stopwatch: inout Stopwatch) async throws -> UInt64 {
    let ids = try Samples.nodes(2)
    let payload = [UInt8](repeating: 7, count: 1200)
    let frame = RelayDeliver(sender: ids[1], payload: payload.span.raw).encoded()
    let pair = try LoopbackPair()
    defer { pair.close() }
    let beacon = pair.sender.localEndpoint
    var receiver = try pair.receiver.makeReceiver()
    var batch = FrameBatch()
    for _ in 0..<perBatch where !batch.append(frame.span.raw, to: pair.receiver.localEndpoint) {
      throw UnexpectedResult(what: "a full batch")
    }
    var sum: UInt64 = 0
    var (missing, turns) = (0, max(1, count / perBatch))
    stopwatch.start()
    try await withTaskExecutorPreference(pair.receiver.executor) {
      missing = try pair.sender.send(contentsOf: batch)
      try await receiver.forEach { frame throws(TransportError) in
        guard frame.source == beacon, let delivery = try? RelayDeliver(parsing: frame.bytes) else { return }
        sum &+= UInt64(delivery.payload.byteCount)
        missing -= 1
      } whenDrained: { () async throws(TransportError) in
        guard missing == 0 else { return }
        turns -= 1
        if turns == 0 { return pair.receiver.close() }
        missing = try pair.sender.send(contentsOf: batch)
      }
    }
    stopwatch.stop()
    return sum
  }
}
