internal import CPilotUDP
internal import PilotTransport
internal import Synchronization

/// One thread that waits for a socket and runs the jobs of the tasks that prefer it as their executor.
///
/// A receive loop that prefers it goes on, on this thread, as soon as its poll returns: no other thread has to wake. The
/// thread starts when it is first needed, and ends after ``close()`` when no job is left. Later jobs run on the global
/// executor, so that none is lost.
final class SocketLoop: TaskExecutor {
  /// Why a wait ended.
  enum Wake: Sendable { case readable, errorReported, hungUp, interrupted, closed, cancelled }

  private let socket: SocketDescriptor
  private let wakeUp: WakeUp
  private let state = Mutex(State())
  /// The thread, by its number, once it runs.
  private let thread = Atomic<UInt>(0)

  init(socket: SocketDescriptor) throws(TransportError) {
    self.socket = socket
    wakeUp = try WakeUp()
  }

  /// Starts the thread, unless it runs or has ended for good.
  func start() throws(TransportError) {
    let result = state.withLock { state in
      guard state.phase == .idle else { return CInt(0) }
      let result = Self.startThread(self)
      if result == 0 { state.phase = .running }
      return result
    }
    guard result == 0 else {
      throw TransportError(
        code: .system, message: "no thread to wait for the socket with", cause: SystemError(-result),
        retry: .later(after: nil))
    }
  }

  private static func startThread(_ loop: SocketLoop) -> CInt {
    // SAFETY: the retained reference is consumed by the thread, or below when there is none.
    let context = unsafe Unmanaged.passRetained(loop)
    let result = unsafe cpilot_udp_start_thread(
      { context in
        guard let context = unsafe context else { return }
        unsafe Unmanaged<SocketLoop>.fromOpaque(context).takeRetainedValue().run()
      }, context.toOpaque())
    if result != 0 { unsafe context.release() }
    return result
  }

  func enqueue(_ job: consuming ExecutorJob) {
    dispatch(UnownedJob(job))
  }

  private func dispatch(_ job: UnownedJob) {
    switch state.withLock({ $0.enqueue(job) }) {
    case .queued(let signal):
      if signal { wakeUp.signal() }
    case .needsThread:
      // Without a thread of its own the loop is of no use to the job, but the job must run.
      do { try start() } catch { return globalConcurrentExecutor.enqueue(ExecutorJob(job)) }
      dispatch(job)
    case .ended:
      globalConcurrentExecutor.enqueue(ExecutorJob(job))
    }
  }

  /// Waits until there may be something to receive.
  ///
  /// One task at a time. ``start()`` must have succeeded before.
  ///
  /// A task that runs on the loop's own thread, with no other job there, waits in its turn: suspending it would only make
  /// this very thread wait for the socket, and then resume it.
  ///
  /// - Parameter forSocket: Whether to watch the socket, or only to pause: for one that is readable without end.
  func wait(forSocket: Bool) async -> Wake {
    let inPlace = forSocket && isOnThread
    if inPlace, let wake = waitInPlace(milliseconds: Self.shortWait) { return wake }
    return await withTaskCancellationHandler {
      if inPlace, let wake = waitInPlace(milliseconds: -1) { return wake }
      // SAFETY: whoever takes the waiter out of the state, under the lock, resumes it: exactly once.
      return unsafe await withUnsafeContinuation { continuation in
        let waiter = unsafe Waiter(target: .task(continuation), watchesSocket: forSocket)
        let parked = state.withLock { unsafe $0.park(waiter, cancelled: Task.isCancelled) }
        switch parked {
        case .waiting(let signal): if signal { wakeUp.signal() }
        case .immediately(let wake): unsafe continuation.resume(returning: wake)
        }
      }
    } onCancel: {
      let (waiter, signal) = unsafe state.withLock { unsafe $0.takeWaiter() }
      unsafe resume(waiter, .cancelled)
      if signal { wakeUp.signal() }
    }
  }

  /// Ends the present wait, or the next one if nobody waits.
  func interrupt() {
    let (waiter, signal) = unsafe state.withLock { unsafe $0.interrupt() }
    unsafe resume(waiter, .interrupted)
    if signal { wakeUp.signal() }
  }

  /// Has a closure called once, on the loop's thread or on that of ``close()``, when there may be something to receive.
  ///
  /// It takes the place of the one before. Not while a task waits in ``wait(forSocket:)``.
  func watch(forSocket: Bool, _ tell: @escaping @Sendable (Wake) -> Void) {
    let waiter = unsafe Waiter(target: .closure(tell), watchesSocket: forSocket)
    switch state.withLock({ unsafe $0.park(waiter, cancelled: false) }) {
    case .waiting(let signal): if signal { wakeUp.signal() }
    case .immediately(let wake): tell(wake)
    }
  }

  /// A wait of this length doesn't notice that its task is cancelled: under load, that would cost more than the wait.
  private static let shortWait: CInt = 10

  private var isOnThread: Bool { thread.load(ordering: .relaxed) == cpilot_udp_current_thread() }

  /// - Returns: `nil` if there is something else to do than to wait for the socket.
  private func waitInPlace(milliseconds: CInt) -> Wake? {
    guard state.withLock({ $0.beginInPlace(cancelled: Task.isCancelled) }) else { return nil }
    let wake = watch(milliseconds: milliseconds)
    state.withLock { $0.endInPlace() }
    return wake
  }

  /// Ends the waiting, and the thread as soon as it has no job left.
  func close() {
    let (waiter, signal) = unsafe state.withLock { unsafe $0.close() }
    unsafe resume(waiter, .closed)
    if signal { wakeUp.signal() }
  }

  private func resume(_ waiter: Waiter?, _ wake: Wake) {
    guard let waiter = unsafe waiter else { return }
    switch unsafe waiter.target {
    case .task(let continuation): unsafe continuation.resume(returning: wake)
    case .closure(let tell): tell(wake)
    }
  }
}

extension SocketLoop {
  private func run() {
    thread.store(cpilot_udp_current_thread(), ordering: .relaxed)
    let executor = unsafe asUnownedTaskExecutor()
    while true {
      switch state.withLock({ $0.next() }) {
      case .run(let job):
        unsafe job.runSynchronously(on: executor)
      case .poll(.none):
        _ = poll(nil, timeout: -1)
        awake(nil)
      case .poll(.pause):
        _ = poll(nil, timeout: Self.pauseMilliseconds)
        awake(.readable)
      case .poll(.socket):
        awake(watch(milliseconds: -1))
      case .exit:
        return
      }
    }
  }

  /// How long a socket rests that is ready without end, because somebody else shut it down.
  private static let pauseMilliseconds: CInt = 100

  /// - Returns: `nil` if it was something else, or the time is over.
  private func watch(milliseconds: CInt) -> Wake? {
    guard let descriptor = socket.enter() else { return .closed }
    defer { socket.leave() }
    let ready = poll(descriptor, timeout: milliseconds)
    if ready & cpilot_udp_has_error != 0 { return .errorReported }
    if ready & cpilot_udp_hung_up != 0 { return .hungUp }
    return ready & cpilot_udp_readable != 0 ? .readable : nil
  }

  private func poll(_ descriptor: CInt?, timeout: CInt) -> Int {
    let ready = Int(cpilot_udp_poll(wakeUp.waiting, descriptor ?? -1, timeout))
    // A signal can come late, when the news it was about have been seen already: that costs a turn of the loop.
    if ready & cpilot_udp_woken != 0 { wakeUp.clear() }
    return ready
  }

  /// The poll is over; resumes the waiter if it was for it.
  private func awake(_ wake: Wake?) {
    let waiter = unsafe state.withLock { unsafe $0.awake(takesWaiter: wake != nil) }
    if let wake { unsafe resume(waiter, wake) }
  }
}
