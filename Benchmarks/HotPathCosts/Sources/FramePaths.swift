import PilotTransport
import PilotWire

extension HotPath {
  static let frames: [HotPath] = [
    HotPath("batch-append") { count, stopwatch in batchAppend(destinations: 1, count, &stopwatch) },
    HotPath("batch-append-mixed") { count, stopwatch in batchAppend(destinations: 2, count, &stopwatch) },
    HotPath("queue-push-receive") { count, stopwatch in try await queue(count, &stopwatch) },
  ]

  private static func batchAppend(destinations: Int, _ count: Int, _ stopwatch: inout Stopwatch) -> UInt64 {
    let samples = Samples(length: 1200)
    let endpoints = (0..<2).map { Endpoint(ipv4: 127, 0, 0, 1, port: UInt16(4000 + $0 % destinations)) }
    var batch = FrameBatch()
    var sum: UInt64 = 0
    stopwatch.start()
    for index in 0..<count {
      if batch.append(samples.bytes(at: index), to: endpoints[index & 1]) { continue }
      sum &+= UInt64(batch.count)
      batch.removeAll()
    }
    stopwatch.stop()
    return sum &+ UInt64(batch.count)
  }

  /// Pushed by what hears the network and read in turns, as it is when a read brings several frames.
  private static func queue(_ count: Int, _ stopwatch: inout Stopwatch) async throws -> UInt64 {
    let samples = Samples(length: 1200)
    let queue = FrameQueue()
    var receiver = Receiver(queue)
    let source = Endpoint.wssBeacon
    var sum: UInt64 = 0
    var received = 0
    stopwatch.start()
    for index in 0..<count {
      queue.push(samples.bytes(at: index), from: source)
      guard index % 32 == 31 else { continue }
      received += try await receiver.receive { frame, _ throws(TransportError) in sum &+= UInt64(frame.byteCount) }
    }
    stopwatch.stop()
    guard received == count / 32 * 32 else { throw UnexpectedResult(what: "\(received) frames") }
    return sum
  }
}
