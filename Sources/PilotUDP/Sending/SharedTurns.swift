internal import PilotTransport
internal import PilotWire
internal import Synchronization

/// Lets concurrent senders of single frames share system calls: one sends, and takes along what the others bring
/// meanwhile.
///
/// A lone sender's frame goes out at once, by itself. Who comes while somebody is in the kernel leaves a copy of the frame
/// and returns; the one who sends flushes those copies as a batch before ending its turn, for a bounded number of
/// rounds. Nobody waits, unless that bound or the room for copies is used up: then for the turn to end, which takes a few
/// system calls that don't wait for anything. Whoever waits has the next turn, also if it takes the scheduler a while to
/// wake it: till then the others leave their frames for it.
///
/// Each task's frames keep their order.
final class SharedTurns: Sendable {
  private struct State: ~Copyable {
    /// Somebody is sending, and will flush what is left.
    var isActive = false
    /// How many are about to send, and will flush what is left then.
    var waiting = 0
    /// How often the present turn's owner has flushed.
    var rounds = 0
    var left: FrameBatch?

    mutating func leave(_ head: RawSpan, _ body: RawSpan, to destination: Endpoint) -> Bool {
      guard isActive || waiting > 0, rounds < SharedTurns.roundLimit else { return false }
      if left == nil { left = FrameBatch() }
      return left?.append(header: head, payload: body, to: destination) ?? false
    }

    /// Ends the turn if nothing is left, else exchanges what is left for the empty batch.
    mutating func endsRound(_ spare: inout FrameBatch?) -> Bool {
      guard let isEmpty = left?.isEmpty, !isEmpty else {
        isActive = false
        rounds = 0
        return false
      }
      swap(&left, &spare)
      rounds += 1
      return true
    }
  }

  /// Flushes per turn. More keep one sender busy for the others; fewer make them wait more often.
  private static let roundLimit = 8

  private let state = Mutex(State())
  /// Held for a turn, with the memory that is not being filled.
  private let turn = Mutex<FrameBatch?>(nil)

  /// Leaves a frame, given in two parts, with whoever is sending.
  ///
  /// - Returns: Whether that worked. If not, the caller has to ``take(_:flush:)`` a turn.
  func leave(_ head: RawSpan, _ body: RawSpan, to destination: Endpoint) -> Bool {
    state.withLock { state in
      if state.leave(head, body, to: destination) { return true }
      state.waiting += 1
      return false
    }
  }

  /// Takes a turn: sends, then flushes what others have left meanwhile.
  ///
  /// - Parameters:
  ///   - send: Sends the own frame.
  ///   - flush: Sends the others' frames. Who left them is gone, so what fails can only be counted.
  func take<Result>(
    _ send: () throws(TransportError) -> Result, flush: (borrowing FrameBatch) -> Void
  ) throws(TransportError) -> Result {
    try turn.withLock { spare throws(TransportError) in
      state.withLock { state in
        state.waiting -= 1
        state.isActive = true
      }
      defer {
        while state.withLock({ $0.endsRound(&spare) }) { spare?.removeAll(after: flush) }
      }
      return try send()
    }
  }

  /// Sees to it that what was left by now is sent, so that a batch doesn't overtake its sender's own frames.
  func settle(flush: (borrowing FrameBatch) -> Void) {
    let isIdle = state.withLock { state in
      if !state.isActive, state.waiting == 0 { return true }
      state.waiting += 1
      return false
    }
    if !isIdle { try? take({ () throws(TransportError) in }, flush: flush) }
  }
}

extension FrameBatch {
  fileprivate mutating func removeAll(after send: (borrowing FrameBatch) -> Void) {
    send(self)
    removeAll()
  }
}
