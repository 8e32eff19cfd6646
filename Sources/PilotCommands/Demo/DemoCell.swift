import PilotFixtures
import PilotNode
import Synchronization

/// The content's way through one cell of the matrix.
struct DemoCell: Sendable {
  let cell: Cell
  let sender: Node
  let receiver: Node
  let content: DemoContent
  let progress: DemoProgress

  /// Without progress for this long, a cell is given up, and what is missing counts as lost.
  static let patience: Duration = .seconds(5)

  /// Sends the content, measures round trips, and tells what arrived. The nodes have left when it returns.
  func run() async throws -> DemoResult {
    defer { leave() }
    // Cancelled when this scope ends.
    async let _ = watch()
    async let tally = DemoReceiver(node: receiver, peer: sender.id, content: content).run()
    let timing = await send()
    // What the sender has seen acknowledged has been counted.
    leave()
    return DemoResult(cell: cell, content: content, tally: await tally, timing: timing)
  }

  private func leave() {
    sender.leave()
    receiver.leave()
  }

  /// Time for the content and the round trips; `nil` where it wasn't reached.
  struct Timing: Sendable {
    var transfer: Duration?
    var roundTrips: [Duration] = []
  }

  private func send() async -> Timing {
    var timing = Timing()
    let clock = ContinuousClock()
    let start = clock.now
    do {
      var sender = try DemoSender(node: sender, peer: receiver.id, content: content)
      try await sender.sendContent(progress: progress)
      timing.transfer = start.duration(to: clock.now)
      timing.roundTrips = try await sender.measureRoundTrips()
    } catch {
      // The watch had the nodes leave: the result shows what is missing.
    }
    return timing
  }

  private func watch() async {
    var last = progress.value
    while (try? await Task.sleep(for: Self.patience)) != nil {
      let now = progress.value
      if now == last { return leave() }
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
