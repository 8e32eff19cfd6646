import Dispatch
import Synchronization

/// Where the loops that read the UDP sockets can be halted: between two reads, so that what has been read has been relayed.
final class ReadGate: Sendable {
  private enum Phase: Equatable {
    case open
    case shut
    /// For good.
    case ended
  }

  private struct State {
    var phase = Phase.open
    var interrupters: [@Sendable () -> Void] = []
    var halted: [CheckedContinuation<Bool, Never>] = []
    var isAwaited = false
  }

  private let state = Mutex(State())
  private let isOpen = Atomic<Bool>(true)
  private let allHalted = DispatchSemaphore(value: 0)

  /// One of the loops is about to read: it asks from now on. Who hasn't come here reads nothing.
  ///
  /// - Parameter interrupt: Ends its wait for datagrams, or the next one.
  func enter(_ interrupt: @escaping @Sendable () -> Void) {
    let isShut = state.withLock { state in
      state.interrupters.append(interrupt)
      return state.phase == .shut
    }
    if isShut { interrupt() }
  }

  /// Whether a loop may read on at once; it asks before each read, which costs one load.
  var isPassable: Bool { isOpen.load(ordering: .acquiring) }

  /// Halts a loop until it may read on.
  /// - Returns: Whether it may; false once nobody reads any more.
  func halt() async -> Bool {
    await withCheckedContinuation { continuation in
      let (answer, signals): (Bool?, Bool) = state.withLock { state in
        switch state.phase {
        case .open: return (true, false)
        case .ended: return (false, false)
        case .shut:
          state.halted.append(continuation)
          let isLast = state.halted.count == state.interrupters.count && state.isAwaited
          if isLast { state.isAwaited = false }
          return (nil, isLast)
        }
      }
      if signals { allHalted.signal() }
      if let answer { continuation.resume(returning: answer) }
    }
  }

  /// Halts all loops, and waits until nobody reads. Blocks.
  ///
  /// - Parameter limit: How long, at most; then it is open again.
  /// - Returns: Whether nobody reads.
  func shut(within limit: DispatchTimeInterval) -> Bool {
    isOpen.store(false, ordering: .releasing)
    let interrupters = state.withLock { state in
      if state.phase == .open { state.phase = .shut }
      state.isAwaited = state.halted.count < state.interrupters.count
      return state.isAwaited ? state.interrupters : nil
    }
    guard let interrupters else { return true }
    for interrupt in interrupters { interrupt() }
    if allHalted.wait(timeout: .now() + limit) == .success { return true }
    let isLate = state.withLock { state in
      defer { state.isAwaited = false }
      return !state.isAwaited
    }
    // All of them have come in this very moment.
    if isLate { allHalted.wait() }
    if !isLate { open() }
    return isLate
  }

  /// Has all loops read on.
  func open() { resume(.open, true) }

  /// Has all loops end.
  func end() { resume(.ended, false) }

  private func resume(_ phase: Phase, _ answer: Bool) {
    let halted = state.withLock { state in
      guard state.phase != .ended else { return [CheckedContinuation<Bool, Never>]() }
      state.phase = phase
      defer { state.halted = [] }
      return state.halted
    }
    isOpen.store(phase == .open, ordering: .releasing)
    for continuation in halted { continuation.resume(returning: answer) }
  }
}
