import PilotConsole
import PilotTransport
import PilotWire
import Synchronization

/// Writes events as lines, from any task, and waits for nobody.
///
/// What comes from elsewhere is held back until the node is `ready`: then whoever drives it can take the first line for that.
/// What finds no room, here or behind a reader that doesn't read, is left out and counted; a line in its place tells how many.
final class AttachOutput: Sendable {
  private struct State {
    var isReady = false
    /// Lines that wait for `ready`.
    var held: [String] = []
    var heldBytes = 0
    var leftOut = 0
    var isClosed = false
    var onClosed: (@Sendable () -> Void)?
  }

  /// What is held back at most: a second or two of a busy node's frames.
  static let heldLimits = OutputQueue.Limits(lines: 4_096, bytes: 4 << 20)

  private let console: Console
  private let state = Mutex(State())

  init(_ console: Console = .standard) {
    self.console = console
  }

  /// Does this when the reader has gone, which ends the program: there is nobody left to tell. At once if it has gone.
  func whenClosed(_ body: @escaping @Sendable () -> Void) {
    let isClosed = state.withLock { state in
      state.onClosed = body
      return state.isClosed
    }
    if isClosed { body() }
  }

  /// Tells of an event.
  func write(_ event: AttachEvent) {
    let line = event.json.line
    let onClosed = state.withLock { state -> (@Sendable () -> Void)? in
      switch event {
      case .ready where !state.isReady:
        state.isReady = true
        state.isClosed = !emit(line) || state.isClosed
        for line in state.held { state.isClosed = !emit(line) || state.isClosed }
        tellLeftOut(&state)
      case .frame, .deliver, .notify, .gone:
        if !state.isReady { hold(line, &state) } else { state.isClosed = !emit(line) || state.isClosed }
      case .closed:
        state.leftOut += state.held.count
        tellLeftOut(&state)
        state.isClosed = console.offerLast(line, notice: Self.leftOut) == .closed || state.isClosed
      case .ready, .reconnecting, .reconnected, .moved, .switched, .error:
        state.isClosed = !emit(line) || state.isClosed
      }
      return state.isClosed ? state.onClosed.take() : nil
    }
    onClosed?()
  }

  /// To be called when all is said.
  ///
  /// - Throws: `.closed` if the reader went away meanwhile.
  func finish() throws(OutputError) {
    if state.withLock({ $0.isClosed }) { throw .closed }
  }

  private func hold(_ line: String, _ state: inout State) {
    let limits = Self.heldLimits
    guard state.held.count < limits.lines, state.heldBytes + line.utf8.count <= limits.bytes else {
      state.leftOut += 1
      return
    }
    state.held.append(line)
    state.heldBytes += line.utf8.count
  }

  private func tellLeftOut(_ state: inout State) {
    (state.held, state.heldBytes) = ([], 0)
    guard state.leftOut > 0 else { return }
    state.isClosed = !emit(Self.leftOut(state.leftOut)) || state.isClosed
    state.leftOut = 0
  }

  /// - Returns: Whether there is a reader.
  private func emit(_ line: String) -> Bool {
    console.offer(line, notice: Self.leftOut) != .closed
  }

  private static let leftOut: OutputQueue.Notice = { count in
    (["event": "left_out", "count": .int(count)] as JSONValue).line
  }
}
