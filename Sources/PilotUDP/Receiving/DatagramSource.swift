internal import PilotTransport
internal import PilotWire
internal import Synchronization

/// The receiving half: takes all datagrams that are there with one system call, and waits only when there are none.
///
/// Unchecked Sendable because one task at a time calls it, by the contract of FrameSource.
final class DatagramSource: FrameSource, @unchecked Sendable {
  let life: TransportLife
  private let socket: SocketDescriptor
  private let loop: SocketLoop
  private let counters: UDPCounters
  private let errors: ErrorQueue
  private let messages: IncomingMessages
  /// Kept because it closes when it is deinitialized, and whoever holds the receiver still uses it.
  private let transport: UDPTransport
  /// Receives in a row that did not wait.
  private var busy = 0
  private var isHungUp = false
  /// Whether the last receive left room: then there is nothing more, and looking for it would cost more than to wait.
  private var isDrained = false
  /// The last look failed in a way that the socket is ready for, without end: it gets a pause.
  private var needsPause = false
  /// Why the closure of ``onReadable(_:)`` was called, for the next ``takeFrames()``.
  private let news = News()

  init(
    transport: UDPTransport, socket: SocketDescriptor, loop: SocketLoop, counters: UDPCounters, errors: ErrorQueue,
    life: TransportLife, bufferLength: Int, locals: LocalAddressReader?
  ) {
    self.transport = transport
    self.socket = socket
    self.loop = loop
    self.counters = counters
    self.errors = errors
    self.life = life
    messages = IncomingMessages(bufferLength: bufferLength, locals: locals)
  }

  /// After so many receives without waiting, other tasks of the same thread get their turn.
  private static let busyLimit = 64

  func nextFrames() async throws(TransportError) -> LentFrames {
    if isDrained, try await wait(forSocket: !isHungUp) { return unsafe .none }
    while true {
      if life.isClosed { throw .closed }
      switch unsafe take() {
      case .frames(let lent):
        isDrained = !messages.isFull
        busy += 1
        if busy >= Self.busyLimit {
          busy = 0
          await Task.yield()
        }
        return unsafe lent
      case .again: continue
      case .nothing: if try await wait(forSocket: !isHungUp) { return unsafe .none }
      case .failed: if try await wait(forSocket: false) { return unsafe .none }
      case .closed: throw .closed
      }
    }
  }

  func takeFrames() throws(TransportError) -> LentFrames? {
    if let wake = news.take() { _ = try heed(wake) }
    if isDrained {
      isDrained = false
      return nil
    }
    while true {
      if life.isClosed { throw .closed }
      switch unsafe take() {
      case .frames(let lent):
        isDrained = !messages.isFull
        return unsafe lent
      case .again: continue
      case .nothing: return nil
      case .failed:
        needsPause = true
        return nil
      case .closed: throw .closed
      }
    }
  }

  func onReadable(_ wake: @escaping @Sendable () -> Void) {
    let watchesSocket = !isHungUp && !needsPause
    needsPause = false
    loop.watch(forSocket: watchesSocket) { [news] reason in
      news.put(reason)
      wake()
    }
  }

  @unsafe private enum Taken {
    case frames(LentFrames)
    case again, nothing, failed, closed
  }

  private func take() -> Taken {
    guard let descriptor = socket.enter() else { return unsafe .closed }
    defer { socket.leave() }
    let result = messages.receive(on: descriptor)
    if result >= 0 { return unsafe frames() }
    let error = SystemError(-result)
    if error.isWouldBlock { return unsafe .nothing }
    if error.isInterruption { return unsafe .again }
    guard error.canBeLeftByICMP else { return unsafe .failed }
    errors.drain(descriptor)
    return unsafe .again
  }

  private func frames() -> Taken {
    let lent = unsafe messages.frames(counting: counters)
    if unsafe lent.frames == 0 { return unsafe .again }
    if life.isClosed {
      unsafe counters.addUnread(lent.frames)
      return unsafe .closed
    }
    unsafe counters.addReceived(lent.frames, bytes: lent.runs.reduce(0) { unsafe $0 + $1.byteCount })
    return unsafe .frames(lent)
  }

  func interrupt() { loop.interrupt() }

  /// - Returns: Whether it was interrupted.
  private func wait(forSocket: Bool) async throws(TransportError) -> Bool {
    busy = 0
    isDrained = false
    return try heed(await loop.wait(forSocket: forSocket))
  }

  /// - Returns: Whether the wait was interrupted.
  private func heed(_ wake: SocketLoop.Wake) throws(TransportError) -> Bool {
    switch wake {
    case .readable:
      isHungUp = false
    case .errorReported:
      guard let descriptor = socket.enter() else { throw .closed }
      errors.drain(descriptor)
      socket.leave()
    case .hungUp:
      isHungUp = true
    case .closed:
      throw .closed
    case .interrupted:
      return true
    case .cancelled:
      throw .cancelled
    }
    return false
  }
}

/// What the loop's thread leaves for the reader, who may be in another one.
private final class News: Sendable {
  private let wake = Mutex<SocketLoop.Wake?>(nil)

  func put(_ wake: SocketLoop.Wake) { self.wake.withLock { $0 = wake } }

  func take() -> SocketLoop.Wake? { wake.withLock { $0.take() } }
}
