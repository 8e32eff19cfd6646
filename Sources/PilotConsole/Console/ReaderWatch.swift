import Synchronization

/// Whether whoever reads a program's output has gone, and what is done then: once, from any task.
package final class ReaderWatch: Sendable {
  private struct State {
    var hasGone = false
    var onGone: (@Sendable () -> Void)?
  }

  private let state = Mutex(State())

  /// There is a reader.
  package init() {}

  /// Does this when the reader has gone, which mostly ends the program: there is nobody left to tell. At once if it has gone.
  package func whenGone(_ body: @escaping @Sendable () -> Void) {
    let hasGone = state.withLock { state in
      if !state.hasGone { state.onGone = body }
      return state.hasGone
    }
    if hasGone { body() }
  }

  /// Tells that the reader has gone. Not under a lock that what is done then may take.
  package func tellGone() {
    let onGone = state.withLock { state in
      state.hasGone = true
      return state.onGone.take()
    }
    onGone?()
  }

  /// To be called when all is said.
  ///
  /// - Throws: `.closed` if the reader went away meanwhile.
  package func check() throws(OutputError) {
    if state.withLock({ $0.hasGone }) { throw .closed }
  }
}
