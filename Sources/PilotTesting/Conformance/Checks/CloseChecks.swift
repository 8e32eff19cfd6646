import PilotTransport
import PilotWire

/// Close: at once, for good, from anywhere.
extension TransportConformance.Check {
  /// From several tasks at once, and again afterwards.
  public static let closesOnce = Self("closes once, however many ask for it at the same time") { trial in
    for _ in 0..<20 {
      let transport = try await trial.connect().transport
      trial.step = "closing from 8 tasks"
      await withTaskGroup(of: Void.self) { group in
        for _ in 0..<8 { group.addTask { transport.close() } }
      }
      transport.close()
      let closed = await closedEvents(of: transport)
      guard closed == 1 else { throw Violation("\(closed) .closed events came") }
    }
  }

  private static func closedEvents(of transport: any Transport) async -> Int {
    var count = 0
    for await event in transport.events {
      if case .closed = event { count += 1 }
    }
    return count
  }

  /// Measured against a task that does nothing but wait and is woken at the same time, because a busy machine makes both
  /// late; and it takes three late transports in a row to fail.
  public static let wakesItsReader = Self("ends a waiting receive within 100 ms of close") { trial in
    let limit = Duration.milliseconds(100)
    for yields in moments {
      var delays: [Duration] = []
      while delays.count < 3, delays.allSatisfy({ $0 > limit }) {
        delays.append(try await closeWhileReceiving(trial, after: yields))
      }
      guard delays.contains(where: { $0 <= limit }) else {
        throw Violation("three transports in a row took longer: \(delays.map(\.description).joined(separator: ", "))")
      }
    }
  }

  /// How much later than a bare task the reader came back.
  private static func closeWhileReceiving(_ trial: Trial, after yields: Int) async throws -> Duration {
    let side = try await trial.connectReading()
    let (signal, wake) = AsyncStream.makeStream(of: Void.self)
    return try await withThrowingTaskGroup(of: ContinuousClock.Instant.self) { group in
      async let bare = timeOfEnd(of: signal)
      group.addTask {
        try await expectFailure(.closed, "a receive that waits at close") { _ = try await side.reader.next() }
        return .now
      }
      for _ in 0..<yields { await Task.yield() }
      trial.step = "waiting for a receive to end after close"
      side.transport.close()
      wake.finish()
      let control = await bare
      guard let end = try await group.next() else { return .zero }
      return control.duration(to: end)
    }
  }

  private static func timeOfEnd(of signal: AsyncStream<Void>) async -> ContinuousClock.Instant {
    for await _ in signal {}
    return .now
  }

  /// Single and batch, also for what would have been refused for another reason while live.
  public static let refusesToSendWhenClosed = Self("throws .closed from every send after close") { trial in
    let link = try await trial.connect()
    let frame = Bytes.pattern(min(100, trial.promises.maximumFrameLength))
    var batch = FrameBatch()
    guard unsafe batch.append(frame.span.bytes, to: link.destination) else { throw Violation("no room in the batch") }
    link.transport.close()
    for _ in 0..<2 {
      try await expectFailure(.closed, "send after close") {
        _ = try unsafe link.transport.send(frame.span.bytes, to: link.destination)
      }
      try await expectFailure(.closed, "send of an empty frame after close") {
        _ = try unsafe link.transport.send([UInt8]().span.bytes, to: link.destination)
      }
    }
    try await expectFailure(.closed, "send of a batch after close") {
      _ = try link.transport.send(contentsOf: batch)
    }
  }

  /// Frames that wait in the transport, and those that are lent already, of which one was read.
  public static let deliversNothingWhenClosed = Self("delivers nothing after close, not even what had arrived") {
    trial in
    let side = try await trial.connectReading()
    let count = min(4, trial.promises.burst)
    for index in 0..<count {
      try await side.sendFromPeer(Bytes.pattern(min(100, trial.promises.maximumFrameLength), seed: index))
    }
    trial.step = "waiting for the first of \(count) frames"
    _ = try await side.reader.next()
    side.transport.close()
    for _ in 0..<2 {
      trial.step = "waiting for a receive to end that began after close"
      try await expectFailure(.closed, "next after close") { _ = try await side.reader.next() }
      try await expectFailure(.closed, "receive after close") { _ = try await side.reader.receive() }
    }
  }

  /// Whether or not the receiver was handed out before.
  public static let makesNoReceiverWhenClosed = Self("throws .closed from makeReceiver after close") { trial in
    let unread = try await trial.connect().transport
    unread.close()
    try await expectFailure(.closed, "makeReceiver after close") { _ = try unread.makeReceiver() }
    let read = try await trial.connectReading().transport
    read.close()
    try await expectFailure(.closed, "makeReceiver after close") { _ = try read.makeReceiver() }
  }

  /// For a consumer that waits, and for one that comes late.
  public static let endsItsEvents = Self("ends its events after .closed") { trial in
    let late = try await trial.connect().transport
    late.close()
    trial.step = "waiting for the events to end, read after close"
    try await expectEnd(of: late.events)

    let waiting = try await trial.connect().transport
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await expectEnd(of: waiting.events) }
      for _ in 0..<100 { await Task.yield() }
      trial.step = "waiting for the events to end, read during close"
      waiting.close()
      try await group.waitForAll()
    }
  }

  private static func expectEnd(of events: TransportEvents) async throws {
    var last: TransportEvent?
    for await event in events {
      if case .closed = last { throw Violation("\(event) came after .closed") }
      last = event
    }
    guard case .closed = last else { throw Violation("the events ended without .closed") }
  }
}
