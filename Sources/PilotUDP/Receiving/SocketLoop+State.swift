internal import PilotTransport

extension SocketLoop {
  /// A task that waits for the socket, or a closure to call instead of resuming one.
  @unsafe struct Waiter {
    @unsafe enum Target {
      case task(UnsafeContinuation<Wake, Never>)
      case closure(@Sendable (Wake) -> Void)
    }

    let target: Target
    /// Or else for a pause to end.
    let watchesSocket: Bool
  }

  /// What the lock guards: who waits, what is to run, and whether the thread has to be woken for it.
  @safe struct State {
    enum Phase { case idle, running, ending, ended }
    enum OnEnqueue { case queued(signal: Bool), needsThread, ended }
    enum OnPark { case waiting(signal: Bool), immediately(Wake) }
    enum Next { case run(UnownedJob), poll(For), exit }
    enum For { case none, socket, pause }

    var phase = Phase.idle
    private var jobs: [UnownedJob] = []
    private var waiter: Waiter?
    /// The thread is in a poll, or about to be: it has to be told about news.
    private var isPolling = false
    /// It was told: one signal per poll is enough.
    private var isSignalled = false
    /// The next wait is to end at once.
    private var isInterrupted = false

    init() { unsafe waiter = nil }

    mutating func enqueue(_ job: UnownedJob) -> OnEnqueue {
      switch phase {
      case .idle: return .needsThread
      case .ended: return .ended
      case .running, .ending:
        jobs.append(job)
        return .queued(signal: signal())
      }
    }

    mutating func park(_ waiter: Waiter, cancelled: Bool) -> OnPark {
      if phase == .ending || phase == .ended { return .immediately(.closed) }
      if isInterrupted {
        isInterrupted = false
        return .immediately(.interrupted)
      }
      if cancelled { return .immediately(.cancelled) }
      unsafe self.waiter = unsafe waiter
      return .waiting(signal: signal())
    }

    /// The waiting task is cancelled: who is to be resumed, and whether the thread has to be told.
    mutating func takeWaiter() -> (Waiter?, signal: Bool) {
      unsafe (waiter.take(), signal())
    }

    /// Who waits is to look at something else: who is to be resumed, and whether the thread has to be told.
    mutating func interrupt() -> (Waiter?, signal: Bool) {
      let waiter = unsafe waiter.take()
      isInterrupted = unsafe waiter == nil
      return unsafe (waiter, signal())
    }

    /// The thread is about to poll in a task's turn. Not if there is a job, or a reason not to wait.
    mutating func beginInPlace(cancelled: Bool) -> Bool {
      guard phase == .running, jobs.isEmpty, !cancelled, !isInterrupted else { return false }
      isPolling = true
      return true
    }

    mutating func endInPlace() {
      isPolling = false
      isSignalled = false
    }

    mutating func close() -> (Waiter?, signal: Bool) {
      switch phase {
      case .idle: phase = .ended
      case .running: phase = .ending
      case .ending, .ended: break
      }
      return unsafe (waiter.take(), signal())
    }

    /// What the thread does next. It gets one job at a time: one that waits in place for the socket has to know of all
    /// others.
    mutating func next() -> Next {
      if !jobs.isEmpty { return .run(jobs.removeFirst()) }
      if phase == .ending {
        phase = .ended
        return .exit
      }
      isPolling = true
      guard let waiter = unsafe waiter else { return .poll(.none) }
      return unsafe .poll(waiter.watchesSocket ? .socket : .pause)
    }

    mutating func awake(takesWaiter: Bool) -> Waiter? {
      isPolling = false
      isSignalled = false
      return unsafe takesWaiter ? waiter.take() : nil
    }

    private mutating func signal() -> Bool {
      guard isPolling, !isSignalled else { return false }
      isSignalled = true
      return true
    }
  }
}
