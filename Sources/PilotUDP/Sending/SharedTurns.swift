internal import PilotTransport
internal import PilotWire
internal import Synchronization

/// Lets concurrent senders of single frames share system calls: one sends, and takes along what the others bring
/// meanwhile.
///
/// A lone sender's frame goes out at once, by itself. Who comes while somebody is in the kernel leaves a copy of the frame
/// and returns; the one who sends flushes those copies as a batch before ending its turn, for a bounded number of
/// rounds. Nobody waits, unless that bound or the room for copies is used up: then for the turn to end, which takes a few
/// system calls that don't wait for anything.
///
/// Each task's frames keep their order.
final class SharedTurns: Sendable {
  private struct State: ~Copyable {
    /// Somebody has the turn, or is about to take it, and will flush what is left here.
    var isTaken = false
    /// How often the turn's owner has flushed.
    var rounds = 0
    var left: FrameBatch?
  }

  /// Flushes per turn. More keep one sender busy for the others; fewer make them wait more often.
  private static let roundLimit = 8

  private let state = Mutex(State())
  /// Held for a turn, with the memory that is not being filled.
  private let turn = Mutex<FrameBatch?>(nil)

  /// Leaves a frame with whoever is sending.
  ///
  /// - Returns: Whether that worked. If not, ``take(_:flush:)`` the turn.
  func leave(_ frame: RawSpan, to destination: Endpoint) -> Bool {
    state.withLock { state in
      guard state.isTaken else {
        state.isTaken = true
        return false
      }
      guard state.rounds < Self.roundLimit else { return false }
      if state.left == nil { state.left = FrameBatch() }
      return state.left?.append(frame, to: destination) ?? false
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
        state.isTaken = true
        state.rounds = 0
      }
      defer { flushLeft(&spare, flush) }
      return try send()
    }
  }

  private func flushLeft(_ spare: inout FrameBatch?, _ flush: (borrowing FrameBatch) -> Void) {
    while endsRound(&spare) {
      spare?.removeAll(after: flush)
    }
  }

  /// Ends the turn if nothing is left, else exchanges what is left for the empty batch.
  private func endsRound(_ spare: inout FrameBatch?) -> Bool {
    state.withLock { state in
      guard let isEmpty = state.left?.isEmpty, !isEmpty else {
        state.isTaken = false
        return false
      }
      swap(&state.left, &spare)
      state.rounds += 1
      return true
    }
  }

  /// Waits until what others have left by now has been sent, so that a batch doesn't overtake its sender's own frames.
  func settle() {
    if state.withLock({ $0.isTaken }) { turn.withLock { _ in } }
  }
}

extension FrameBatch {
  fileprivate mutating func removeAll(after send: (borrowing FrameBatch) -> Void) {
    send(self)
    removeAll()
  }
}
