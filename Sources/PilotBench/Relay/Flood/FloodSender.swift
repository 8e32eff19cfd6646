import PilotTransport

/// Where a flood's frames go to, and how they are made.
protocol FloodOutlet: ~Copyable {
  /// Sends frames with the numbers from `sequence` on.
  ///
  /// - Returns: How many were taken; 0 when a queue is full.
  mutating func send(_ count: Int, from sequence: Int, at now: MonotonicInstant) throws(TransportError) -> Int
}

/// Sends a flood's frames, never more under way than the window allows.
struct FloodSender: Sendable {
  /// Frames under way at most.
  let window: Int
  let duration: Duration
  let gate: DeliveryGate

  /// What was sent.
  struct Sent: Sendable {
    var frames: Int
    /// From the first frame sent to the last one delivered.
    var elapsed: Duration
  }

  /// How long nothing may come behind the last frame sent.
  private static let silence: Duration = .milliseconds(300)
  /// The sender wakes for a quarter of the window at least: each time costs two threads a hand-over.
  private var quantum: Int { max(1, window / 4) }

  /// Sends for the duration, then waits for what is under way.
  func send(by outlet: inout some FloodOutlet & ~Copyable) async throws -> Sent {
    let start = MonotonicInstant.now()
    let end = start.advanced(by: duration)
    var window = SendWindow(size: window, at: start)
    var now = start
    while now < end, !Task.isCancelled {
      let room = window.room(delivered: gate.delivered, at: now)
      if room < quantum {
        await gate.wait(until: window.target(for: quantum))
      } else {
        let taken = try outlet.send(room, from: window.sent, at: now)
        window.send(taken)
        // A queue is full: as soon as something arrives, there is room in it.
        if taken == 0 { await gate.wait(until: gate.delivered + 1) }
      }
      now = .now()
    }
    await awaitLast(of: window.sent, since: now)
    let last = gate.lastArrivalNanoseconds
    let elapsed = start.duration(to: last > start.nanoseconds ? MonotonicInstant(nanoseconds: last) : now)
    return Sent(frames: window.sent, elapsed: elapsed)
  }

  private func awaitLast(of sent: Int, since end: MonotonicInstant) async {
    while gate.delivered < sent, !Task.isCancelled {
      let last = max(end, MonotonicInstant(nanoseconds: gate.lastArrivalNanoseconds))
      if last.duration(to: .now()) >= Self.silence { return }
      await gate.wait(until: sent)
    }
  }
}
