internal import PilotTransport

extension SocketLoop {
  /// A task that waits for the socket.
  @unsafe struct Waiter {
    let continuation: UnsafeContinuation<Wake, Never>
    let watchesSocket: Bool
  }

  /// What the lock guards: who waits, what is to run, and whether the thread has to be woken for it.
  @safe struct State {
    enum Phase { case idle, running, ending, ended }
    enum OnEnqueue { case none, wake, start, elsewhere }
    enum OnPark { case waiting(signal: Bool), immediately(Wake) }
    enum Next { case run, sleep, watch, pause, exit }

    var phase = Phase.idle
    private var jobs: [UnownedJob] = []
    private var waiter: Waiter?
    /// The thread is in a poll, or about to be: it has to be told about news. At most one signal per poll.
    private var isPolling = false
    private var isSignalled = false

    init() { unsafe waiter = nil }

    mutating func enqueue(_ job: UnownedJob) -> OnEnqueue {
      if phase == .ended { return .elsewhere }
      jobs.append(job)
      if phase == .idle { return .start }
      return signal() ? .wake : .none
    }

    mutating func takeJobs() -> [UnownedJob] {
      defer { jobs = [] }
      return jobs
    }

    mutating func park(_ waiter: Waiter, cancelled: Bool) -> OnPark {
      if phase == .ending || phase == .ended { return .immediately(.closed) }
      if cancelled { return .immediately(.cancelled) }
      unsafe self.waiter = unsafe waiter
      return .waiting(signal: signal())
    }

    mutating func takeWaiter() -> Waiter? {
      unsafe waiter.take()
    }

    mutating func close() -> Waiter? {
      switch phase {
      case .idle: phase = .ended
      case .running: phase = .ending
      case .ending, .ended: break
      }
      return unsafe waiter.take()
    }

    /// Swaps the jobs into an empty array, whose room is used again.
    mutating func next(_ batch: inout [UnownedJob]) -> Next {
      if !jobs.isEmpty {
        swap(&jobs, &batch)
        return .run
      }
      if phase == .ending {
        phase = .ended
        return .exit
      }
      isPolling = true
      guard let waiter = unsafe waiter else { return .sleep }
      return unsafe waiter.watchesSocket ? .watch : .pause
    }

    mutating func awake(takesWaiter: Bool) -> (Waiter?, signalled: Bool) {
      defer {
        isPolling = false
        isSignalled = false
      }
      return unsafe (takesWaiter ? waiter.take() : nil, isSignalled)
    }

    private mutating func signal() -> Bool {
      guard isPolling, !isSignalled else { return false }
      isSignalled = true
      return true
    }
  }
}
