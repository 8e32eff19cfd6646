import PilotTransport
import PilotWSS
import PilotWire

/// Sends on a WebSocket connection as much as it takes.
struct WSSSender: Sendable {
  let transport: WSSTransport
  /// Bytes per frame.
  let length: Int
  let isBatched: Bool
  let duration: Duration

  /// What was sent.
  struct Tally: Sendable {
    /// Frames that the transport took.
    var frames = 0
    /// How often its queue was full.
    var refusals = 0
  }

  /// How long the sender sleeps when the queue is full. It holds 4 MiB, which takes the connection longer than this, so
  /// that it never runs dry; and waking a thousand times a second costs next to nothing. Trying again and again instead
  /// would show as the transport's cost.
  private static let rest: Duration = .milliseconds(1)
  /// Frames between two looks at the clock, when they are sent one by one.
  private static let turn = 32

  /// Sends until the time is over.
  func send() async throws -> Tally {
    let frame = [UInt8](repeating: 0x50, count: length)
    var batch = FrameBatch()
    var tally = Tally()
    let end = MonotonicInstant.now().advanced(by: duration)
    while MonotonicInstant.now() < end, !Task.isCancelled {
      let taken: Int
      let isFull: Bool
      if isBatched {
        while batch.append(frame.span.raw, to: .wssBeacon) {}
        taken = try Self.unlessFull { () throws(TransportError) in try transport.send(contentsOf: batch) } ?? 0
        isFull = taken < batch.count
        batch.removeFirst(taken)
      } else {
        taken = try sendOneByOne(frame)
        isFull = taken < Self.turn
      }
      tally.frames += taken
      if isFull {
        tally.refusals += 1
        try? await Task.sleep(for: Self.rest)
      }
    }
    return tally
  }

  /// Sends a question, as soon as there is room for it.
  func ask(_ question: [UInt8]) async throws {
    while try Self.unlessFull({ () throws(TransportError) in try transport.send(question, to: .wssBeacon) }) == nil {
      try await Task.sleep(for: Self.rest)
    }
  }

  private func sendOneByOne(_ frame: [UInt8]) throws(TransportError) -> Int {
    for sent in 0..<Self.turn {
      let taken: Void? = try Self.unlessFull { () throws(TransportError) in
        try transport.send(frame.span.raw, to: .wssBeacon)
      }
      if taken == nil { return sent }
    }
    return Self.turn
  }

  /// What a send gave, or nil if the queue is full.
  private static func unlessFull<Value>(_ send: () throws(TransportError) -> Value) throws(TransportError) -> Value? {
    do throws(TransportError) {
      return try send()
    } catch {
      guard error.code == .backpressure else { throw error }
      return nil
    }
  }
}
