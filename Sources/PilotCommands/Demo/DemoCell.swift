import PilotConsole
import PilotTransport
import PilotWire
import Synchronization

/// One cell of the matrix: from a node on one transport, through the beacon, to a node on another.
struct DemoCell: Sendable {
  let from: DemoCarrier
  let to: DemoCarrier

  /// All of them.
  static let matrix = DemoCarrier.allCases.flatMap { from in DemoCarrier.allCases.map { DemoCell(from: from, to: $0) } }

  var name: String { "\(from.rawValue) → \(to.rawValue)" }

  /// Without progress for this long, a cell is given up, and what is missing counts as lost.
  static let patience: Duration = .seconds(5)

  /// Sends the content, measures round trips, and tells what arrived.
  func run(sender: DemoNode, receiver: DemoNode, content: DemoContent, progress: DemoProgress) async throws
    -> DemoResult
  {
    defer {
      sender.transport.close()
      receiver.transport.close()
    }
    // Cancelled when this scope ends.
    async let _ = Self.watch(progress, closing: [sender.transport, receiver.transport])
    let receiverIsKnown = Alarm()
    async let tally = DemoReceiver(node: receiver, peer: sender.id, content: content).run(whenKnown: receiverIsKnown)
    var outgoing = try sender.transport.makeReceiver()
    try await sender.register(&outgoing)
    await receiverIsKnown.wait(for: Self.patience)
    let sending = DemoSender(node: sender, peer: receiver.id, content: content, receiver: outgoing)
    let timing = await Self.send(sending, progress: progress)
    return DemoResult(cell: self, content: content, tally: await tally, timing: timing)
  }

  /// Time for the content and the round trips; `nil` where it wasn't reached.
  struct Timing: Sendable {
    var transfer: Duration?
    var roundTrips: [Duration] = []
  }

  private static func send(_ sender: consuming DemoSender, progress: DemoProgress) async -> Timing {
    var sender = sender
    var timing = Timing()
    let clock = ContinuousClock()
    let start = clock.now
    do {
      try await sender.sendContent(progress: progress)
      timing.transfer = start.duration(to: clock.now)
      timing.roundTrips = try await sender.measureRoundTrips()
    } catch {
      // The watch closed the transports: the result shows what is missing.
    }
    return timing
  }

  private static func watch(_ progress: DemoProgress, closing transports: [any Transport]) async {
    var last = progress.value
    while (try? await Task.sleep(for: patience)) != nil {
      let now = progress.value
      if now == last { return transports.forEach { $0.close() } }
      last = now
    }
  }
}

/// How far a cell has got, for the watch and for the person watching.
final class DemoProgress: Sendable {
  private let chunks = Atomic<Int>(0)
  private let report: @Sendable (Int) -> Void

  init(report: @escaping @Sendable (Int) -> Void) {
    self.report = report
  }

  var value: Int { chunks.load(ordering: .relaxed) }

  func reached(_ count: Int) {
    chunks.store(count, ordering: .relaxed)
    report(count)
  }
}
