import PilotConsole
import PilotTransport
import PilotUDP
import PilotWire

/// Sends a frame to a peer that sends it back, over and over, one at a time.
struct RoundTrips: Sendable {
  let transport: UDPTransport
  let peer: Endpoint
  /// Bytes per frame.
  let length: Int
  let duration: Duration

  /// How long an answer may take. A frame that was lost ends the measurement.
  private static let patience: Duration = .seconds(1)

  /// Measures on the transport's own thread, as a program that cares for its latency would.
  func measure() async throws -> RoundTripResult {
    let count = FrameCount()
    let times = try await withThrowingTaskGroup(of: LatencyHistogram?.self) { group in
      group.addTask(executorPreference: transport.executor) { try await exchange(counting: count) }
      group.addTask {
        await Self.watch(count)
        return nil
      }
      defer { group.cancelAll() }
      var times = LatencyHistogram()
      while let outcome = try await group.next() {
        group.cancelAll()
        if let outcome { times = outcome }
      }
      return times
    }
    try Task.checkCancellation()
    guard times.count > 0 else {
      throw CommandFailure("\(peer) doesn't answer", hint: "the other end must send back what it gets")
    }
    return RoundTripResult(length: length, times: times)
  }

  private func exchange(counting count: FrameCount) async throws -> LatencyHistogram {
    let frame = [UInt8](repeating: 0x50, count: length)
    var times = LatencyHistogram()
    var receiver = try transport.makeReceiver()
    var now = MonotonicInstant.now()
    let end = now.advanced(by: duration)
    do {
      while now < end {
        let start = MonotonicInstant.now()
        try transport.send(frame.span.raw, to: peer)
        try await receiver.receive { _, _ in }
        now = .now()
        times.record(now.nanoseconds - start.nanoseconds)
        count.add(1, lastLength: length)
      }
    } catch {
      // Cancelled, because nothing came any more: what was measured before still holds.
      guard error.code == .cancelled else { throw error }
    }
    return times
  }

  /// Returns when no answer has come for too long.
  private static func watch(_ count: FrameCount) async {
    var last = -1
    while count.value != last {
      last = count.value
      guard (try? await Task.sleep(for: patience)) != nil else { return }
    }
  }
}
