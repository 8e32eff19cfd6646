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
    var hasReader = true
  }

  /// What is held back at most: a second or two of a busy node's frames.
  static let heldLimits = OutputQueue.Limits(lines: 4_096, bytes: 4 << 20)

  private let console: Console
  private let state = Mutex(State())
  /// Ends the program when there is nobody left to tell.
  let reader = ReaderWatch()

  init(_ console: Console = .standard) {
    self.console = console
  }

  /// Tells of an event.
  func write(_ event: AttachEvent) {
    let line = event.json.line
    let hasReader = state.withLock { state in
      switch event {
      case .ready where !state.isReady:
        state.isReady = true
        emit(line, &state)
        for line in state.held { emit(line, &state) }
        tellLeftOut(&state)
      case .frame, .deliver, .notify, .gone:
        if !state.isReady { hold(line, &state) } else { emit(line, &state) }
      case .closed:
        state.leftOut += state.held.count
        tellLeftOut(&state)
        if console.offerLast(line, notice: Self.leftOut) == .closed { state.hasReader = false }
      case .ready, .reconnecting, .reconnected, .moved, .switched, .error:
        emit(line, &state)
      }
      return state.hasReader
    }
    if !hasReader { reader.tellGone() }
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
    emit(Self.leftOut(state.leftOut), &state)
    state.leftOut = 0
  }

  private func emit(_ line: String, _ state: inout State) {
    if console.offer(line, notice: Self.leftOut) == .closed { state.hasReader = false }
  }

  private static let leftOut: OutputQueue.Notice = { count in
    (["event": "left_out", "count": .int(count)] as JSONValue).line
  }
}
