import PilotNode
import PilotTransport
import PilotWire
import Synchronization

/// The two ways to read a node.
enum ReadingForm: Sendable, CaseIterable {
  case next, forEach
}

/// Passes a node's one receiver from task to task, one at a time, which a check needs and a program does not.
final class NodeReader: Sendable {
  private let resting: Mutex<NodeReceiver?>
  private let moves: MoveFilter?

  /// - Parameter looksOverMoves: Whether switches, and that a node is still ready after one, are nobody's business.
  init(_ receiver: consuming sending NodeReceiver, looksOverMoves: Bool = false) {
    resting = Mutex(receiver)
    moves = looksOverMoves ? MoveFilter() : nil
  }

  /// The next event; nil when the node has left.
  func next() async throws(TransportError) -> KeptEvent? {
    var receiver = take()
    var outcome: Result<KeptEvent?, TransportError> = await Self.next(from: &receiver)
    while case .success(let event?) = outcome, moves?.hides(event) == true {
      outcome = await Self.next(from: &receiver)
    }
    put(receiver)
    return try outcome.get()
  }

  /// All events until the node has left.
  ///
  /// - Parameter body: Called with each event, before the next one is asked for.
  func readAll(
    _ form: ReadingForm, _ body: @Sendable (KeptEvent) -> Void = { _ in }
  ) async throws(TransportError) -> [KeptEvent] {
    var receiver = take()
    let outcome: Result<[KeptEvent], TransportError> = await Self.readAll(form, from: &receiver, body)
    put(receiver)
    return try outcome.get().filter { moves?.hides($0) != true }
  }

  private static func next(from receiver: inout NodeReceiver) async -> Result<KeptEvent?, TransportError> {
    do {
      guard let event = try await receiver.next() else { return .success(nil) }
      return .success(KeptEvent(event))
    } catch {
      return .failure(error)
    }
  }

  private static func readAll(
    _ form: ReadingForm, from receiver: inout NodeReceiver, _ body: (KeptEvent) -> Void
  ) async -> Result<[KeptEvent], TransportError> {
    var events: [KeptEvent] = []
    do {
      switch form {
      case .next:
        while let event = try await receiver.next() {
          let kept = KeptEvent(event)
          events.append(kept)
          body(kept)
        }
      case .forEach:
        try await receiver.forEach { event throws(TransportError) in
          let kept = KeptEvent(event)
          events.append(kept)
          body(kept)
        }
      }
      return .success(events)
    } catch {
      return .failure(error)
    }
  }

  private func take() -> NodeReceiver {
    guard let receiver = resting.withLock({ $0.take() }) else {
      preconditionFailure("two tasks of a check read at the same time: the check is wrong, not the node")
    }
    return receiver
  }

  private func put(_ receiver: consuming sending NodeReceiver) {
    var returned: NodeReceiver? = receiver
    resting.withLock { $0 = returned.take() }
  }
}

/// Looks over what a move tells. One task at a time.
private final class MoveFilter: Sendable {
  private let wasReady = Mutex(false)

  /// Whether an event is a switch, `ready` once more, or the answer to a question of the node's own, which it asks over its
  /// other paths at times that no check knows.
  func hides(_ event: KeptEvent) -> Bool {
    switch event {
    case .switched: true
    case .control(let frame): (try? DiscoverReply(parsing: frame.span.raw)) != nil
    case .state(let state) where state.isReady:
      wasReady.withLock { wasReady in
        defer { wasReady = true }
        return wasReady
      }
    default: false
    }
  }
}
