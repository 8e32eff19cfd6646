import PilotTransport
import PilotUDP
import PilotWire

extension HotPath {
  static let udp: [HotPath] = [
    HotPath("udp-send") { count, stopwatch in try udpSend(count, &stopwatch) },
    HotPath("udp-send-batch") { count, stopwatch in try udpSendBatch(count, &stopwatch) },
    HotPath("udp-there") { count, stopwatch in try await udpThere(wildcard: false, count, &stopwatch) },
    HotPath("udp-there-wildcard") { count, stopwatch in try await udpThere(wildcard: true, count, &stopwatch) },
    HotPath("udp-there-batch") { count, stopwatch in try await udpThereBatch(count, &stopwatch) },
    HotPath("udp-receive-batch") { count, stopwatch in try await udpReceiveBatch(count, &stopwatch) },
    HotPath("udp-answer") { count, stopwatch in try await udpAnswer(wildcard: false, count, &stopwatch) },
    HotPath("udp-answer-wildcard") { count, stopwatch in try await udpAnswer(wildcard: true, count, &stopwatch) },
  ]

  private static let perBatch = 32

  /// To a socket that nobody reads: the kernel drops what it has no room for, which costs the sender the same.
  private static func udpSend(_ count: Int, _ stopwatch: inout Stopwatch) throws -> UInt64 {
    let samples = Samples(length: 1200)
    let pair = try LoopbackPair()
    defer { pair.close() }
    var sum: UInt64 = 0
    stopwatch.start()
    for index in 0..<count {
      try pair.sender.send(samples.bytes(at: index), to: pair.receiver.localEndpoint)
      sum &+= 1
    }
    stopwatch.stop()
    return sum
  }

  private static func udpSendBatch(_ count: Int, _ stopwatch: inout Stopwatch) throws -> UInt64 {
    let samples = Samples(length: 1200)
    let pair = try LoopbackPair()
    defer { pair.close() }
    var batch = FrameBatch()
    var sum: UInt64 = 0
    stopwatch.start()
    for _ in 0..<max(1, count / perBatch) {
      sum &+= UInt64(try send(samples, perBatch, &batch, from: pair.sender, to: pair.receiver.localEndpoint))
    }
    stopwatch.stop()
    return sum
  }

  private static func send(
    _ samples: Samples, _ count: Int, _ batch: inout FrameBatch, from sender: UDPTransport, to destination: Endpoint
  ) throws -> Int {
    for index in 0..<count where !batch.append(samples.bytes(at: index), to: destination) {
      throw UnexpectedResult(what: "a full batch")
    }
    let taken = try sender.send(contentsOf: batch)
    guard taken == count else { throw UnexpectedResult(what: "\(taken) frames taken") }
    batch.removeAll()
    return taken
  }

  /// Sent and received, one by one.
  private static func udpThere(
    wildcard: Bool, _ count: Int, _ stopwatch: inout Stopwatch
  ) async throws -> UInt64 {
    let samples = Samples(length: 1200)
    let pair = try LoopbackPair(wildcard: wildcard)
    defer { pair.close() }
    var receiver = try pair.receiver.makeReceiver()
    var sum: UInt64 = 0
    stopwatch.start()
    try await withTaskExecutorPreference(pair.receiver.executor) {
      for index in 0..<count {
        try pair.sender.send(samples.bytes(at: index), to: pair.destination)
        let frame = try await receiver.next()
        sum &+= UInt64(frame.bytes.byteCount)
      }
    }
    stopwatch.stop()
    return sum
  }

  /// Sent, received and sent back, one by one, from the address that it was written to: what a beacon does with a
  /// datagram, but for deciding about it. Nobody reads the answers.
  private static func udpAnswer(
    wildcard: Bool, _ count: Int, _ stopwatch: inout Stopwatch
  ) async throws -> UInt64 {
    let samples = Samples(length: 1200)
    let pair = try LoopbackPair(wildcard: wildcard)
    defer { pair.close() }
    var receiver = try pair.receiver.makeReceiver()
    var answers = FrameBatch()
    var sum: UInt64 = 0
    stopwatch.start()
    try await withTaskExecutorPreference(pair.receiver.executor) {
      for index in 0..<count {
        try pair.sender.send(samples.bytes(at: index), to: pair.destination)
        let frame = try await receiver.next()
        guard (frame.local != .any) == wildcard else { throw UnexpectedResult(what: "another local address") }
        guard answers.append(frame.bytes, to: frame.source, from: frame.local) else {
          throw UnexpectedResult(what: "a full batch")
        }
        sum &+= UInt64(try pair.receiver.send(contentsOf: answers))
        answers.removeAll()
      }
    }
    stopwatch.stop()
    return sum
  }

  /// Sent and received by the batch, which is put together once.
  private static func udpReceiveBatch(_ count: Int, _ stopwatch: inout Stopwatch) async throws -> UInt64 {
    let frame = [UInt8](repeating: 7, count: 1205)
    let pair = try LoopbackPair()
    defer { pair.close() }
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
        sum &+= UInt64(frame.bytes.byteCount)
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

  /// Sent and received by the batch.
  private static func udpThereBatch(_ count: Int, _ stopwatch: inout Stopwatch) async throws -> UInt64 {
    let samples = Samples(length: 1200)
    let pair = try LoopbackPair()
    defer { pair.close() }
    var receiver = try pair.receiver.makeReceiver()
    var batch = FrameBatch()
    var sum: UInt64 = 0
    stopwatch.start()
    try await withTaskExecutorPreference(pair.receiver.executor) {
      for _ in 0..<max(1, count / perBatch) {
        var missing = try send(samples, perBatch, &batch, from: pair.sender, to: pair.receiver.localEndpoint)
        while missing > 0 {
          missing -= try await receiver.receive { frame, _ throws(TransportError) in sum &+= UInt64(frame.byteCount) }
        }
      }
    }
    stopwatch.stop()
    return sum
  }
}
