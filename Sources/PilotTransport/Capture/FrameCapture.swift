internal import Dispatch
internal import PilotWire
internal import Synchronization

/// Writes the frames of transports to a file that Wireshark and tshark read: a pcapng file with direction, path and addresses of
/// each. Payloads that are sealed stay sealed.
///
/// ```swift
/// let capture = try FrameCapture.start(writingTo: "pilot.pcapng")
/// let transport = capture.capturing(try UDPTransport.bind(configuration), on: .udp)
/// // … use the transport …
/// await capture.stop()
/// ```
///
/// **Cost.** A transport that isn't captured pays nothing. A captured frame is copied once, under a lock that is held for the
/// copy; a thread of its own writes the file. What finds no room to wait is left out, and counted.
///
/// **Bounds.** The file is at most ``Configuration/limit`` long. With the first frame beyond it, capturing ends, and the file
/// holds all frames up to that point; ``counters`` go on counting those that are left out. An error of the file, such as a
/// full disk or a reader that has gone, ends it, too: never the transport.
///
/// **Life.** Until ``stop(within:)``, or until nobody holds it and no captured transport: then what waits is written, without
/// the statistics at the end. From any thread.
public final class FrameCapture: Sendable {
  /// How much is captured.
  public struct Configuration: Sendable {
    /// The file's greatest length, in bytes, at least 4,096. Default 64 MiB.
    public var limit = 64 << 20
    /// How many bytes may wait to be written, at least 131,072. Default 4 MiB.
    public var waitingBytes = 4 << 20
    /// Who writes it, as it stands in the file.
    public var application = "pilot \(PackageVersion.text)"
    /// Hears that the capture has come to its end by itself, once. On any thread, possibly one that sends or receives: it
    /// must not wait. Default: nobody does.
    public var onEnd: @Sendable (CaptureEnd) -> Void = { _ in }

    /// The defaults.
    public init() {}
  }

  private struct State {
    var queue: CaptureQueue
    var waiters: [@Sendable () -> Void] = []
  }

  private let state: Mutex<State>
  private let file: CaptureFile
  private let onEnd: @Sendable (CaptureEnd) -> Void
  /// A serial queue's blocks run on one thread at a time, which may wait: it isn't one of those that Swift's tasks share.
  private let writer = DispatchQueue(label: "pilot.capture")

  private init(_ file: consuming CaptureFile, _ configuration: Configuration) {
    self.file = file
    onEnd = configuration.onEnd
    state = Mutex(
      State(
        queue: CaptureQueue(
          limit: max(configuration.limit, 4_096), capacity: max(configuration.waitingBytes, 131_072),
          application: configuration.application)))
  }

  /// Opens the file, for nobody else to read (mode 0600), and empties it if it was there; or a pipe that somebody reads.
  ///
  /// - Throws: `.system` with the system's reason.
  public static func start(
    writingTo path: String, _ configuration: Configuration = Configuration()
  ) throws(TransportError) -> FrameCapture {
    do throws(CaptureFile.Failure) {
      return FrameCapture(try CaptureFile(path), configuration)
    } catch {
      throw TransportError(
        code: .system,
        message: "the capture file \(path) can't be written: \(error.reason); name a file in a directory of yours")
    }
  }

  /// What became of the frames so far. Those that wait are in none of the counts.
  public var counters: CaptureCounters { state.withLock { $0.queue.counters } }

  /// The same transport, whose frames are captured from now on. The caller uses it in the place of the other one: what goes
  /// past it isn't seen.
  ///
  /// Only frames that the transport took, and those that its receiver was lent, are in the file.
  public func capturing(_ transport: any Transport, on path: CapturePath) -> any Transport {
    CapturingTransport(transport, to: tap(on: path, local: transport.localEndpoint))
  }

  func tap(on path: CapturePath, local: Endpoint) -> CaptureTap {
    let number = state.withLock { $0.queue.interface(path) }
    return CaptureTap(self, interface: number, local: local, isDatagram: path.isDatagram)
  }

  /// A frame was sent or received. Never waits.
  func take(
    _ header: RawSpan, _ payload: RawSpan, _ direction: CaptureDirection, of tap: CaptureTap,
    from source: Endpoint, to destination: Endpoint
  ) {
    let next = state.withLock { state in
      // Under the lock, so that times stand in the file in their order.
      state.queue.take(
        header, payload, direction, on: tap.interface, isDatagram: tap.isDatagram, from: source, to: destination,
        at: WallClock.nanoseconds())
    }
    if next.wakesWriter { writer.async { self.drain() } }
    if let end = next.end { onEnd(end) }
  }

  /// Ends the file with its statistics, and waits until all is written: not for longer than `limit`, should the disk, or who
  /// reads the pipe, keep it waiting. As often as one likes.
  ///
  /// - Returns: What became of the frames. Those that come later are counted as ``CaptureCounters/overLimit``.
  @discardableResult
  public func stop(within limit: Duration = .seconds(2)) async -> CaptureCounters {
    let mustStart = state.withLock { $0.queue.end(at: WallClock.nanoseconds()) }
    if mustStart { writer.async { self.drain() } }
    let signal = ReadySignal()
    let isDone = state.withLock { state in
      if state.queue.isDone { return true }
      state.waiters.append { signal.raise() }
      return false
    }
    if !isDone {
      await withTaskGroup(of: Void.self) { group in
        group.addTask { _ = await signal.wait() }
        group.addTask { try? await Task.sleep(for: limit) }
        await group.next()
        group.cancelAll()
      }
    }
    return counters
  }

  private func drain() {
    var bytes: [UInt8] = []
    while state.withLock({ $0.queue.next(&bytes) }) {
      guard let (failure, kept) = file.write(bytes) else {
        let (length, frames) = CaptureBlock.whole(in: bytes[...])
        state.withLock { $0.queue.written(length, frames: frames) }
        continue
      }
      state.withLock { $0.queue.failed(bytes, keeping: kept) }
      onEnd(.failed(reason: failure.reason))
    }
    let waiters = state.withLock { state in
      guard state.queue.isDone else { return [@Sendable () -> Void]() }
      defer { state.waiters = [] }
      return state.waiters
    }
    for wake in waiters { wake() }
  }
}
