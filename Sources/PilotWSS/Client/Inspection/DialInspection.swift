import NIOCore
import NIOPosix
package import PilotTransport
import PilotWire

/// A dial as a transport makes it, looked at step by step: for whoever wants to know where it stops.
package enum DialInspection {
  /// What became of it.
  package struct Report: Sendable {
    /// The steps that are done, in their order, with how long each took.
    package var steps: [(progress: DialProgress, elapsed: Duration)] = []
    /// Why the next one failed; nil if none did.
    package var failure: TransportError?
    /// How long that one took until it failed.
    package var failedAfter: Duration = .zero
    /// How long a connection was kept, and why it ended before its time; nil if none was to be kept.
    package var idled: (Duration, TransportError?)?

    /// Of a dial that hasn't begun.
    package init() {}
  }

  /// Dials once. Nothing is left of the connection when it returns.
  ///
  /// - Parameters:
  ///   - configuration: As for a transport.
  ///   - proxy: The proxy on the way, if one is (``WSSTransport/Configuration/proxyAccess(reusing:)``).
  ///   - authenticating: Whether to go on behind the upgrade, as the node of the configuration.
  ///   - idle: How long to keep the connection then, with nothing but its pings on it.
  ///   - progress: Told what is done by then, after each step, on the connection's event loop.
  /// - Throws: `.invalidConfiguration`, `.cancelled`.
  package static func run(
    _ configuration: WSSTransport.Configuration, through proxy: ProxyAccess?, authenticating: Bool,
    idle: Duration? = nil, progress: @escaping @Sendable (Report) -> Void = { _ in }
  ) async throws(TransportError) -> Report {
    try configuration.validate()
    let tls = configuration.beacon.isSecure ? try ClientTrust(configuration.trust).tls : nil
    let loop = (configuration.eventLoopGroup ?? MultiThreadedEventLoopGroup.singleton).next()
    let run = NIOLoopBoundBox<Run?>.makeEmptyBox(valueType: Run.self, eventLoop: loop)
    let report = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        loop.execute {
          let inspection = Run(
            configuration, authenticating: authenticating, idle: idle, loop: loop, progress: progress
          ) {
            continuation.resume(returning: $0)
          }
          run.value = inspection
          inspection.start(tls, proxy)
        }
      }
    } onCancel: {
      loop.execute { run.value?.cancel() }
    }
    if Task.isCancelled { throw .cancelled }
    return report
  }

  /// Confined to its event loop.
  private final class Run {
    private let configuration: WSSTransport.Configuration
    private let authenticating: Bool
    private let idle: Duration?
    private let loop: any EventLoop
    private let progress: (Report) -> Void
    private let completion: (Report) -> Void
    private var report = Report()
    private var since = MonotonicInstant.now()
    private var dial: Dial?
    private var connection: ClientConnection?
    private var isOver = false

    init(
      _ configuration: WSSTransport.Configuration, authenticating: Bool, idle: Duration?, loop: any EventLoop,
      progress: @escaping (Report) -> Void, completion: @escaping (Report) -> Void
    ) {
      self.configuration = configuration
      self.authenticating = authenticating
      self.idle = idle
      self.loop = loop
      self.progress = progress
      self.completion = completion
    }

    func start(_ tls: ClientTLS?, _ proxy: ProxyAccess?) {
      guard !Task.isCancelled else { return finish() }
      let limits = OutboundQueue.Limits(bytes: configuration.outgoing.bytes, age: configuration.outgoing.age)
      let dial = Dial(
        configuration: configuration, tls: tls, proxy: proxy, loop: loop,
        inbound: FrameQueue(limits: configuration.incoming, life: TransportLife()),
        outbound: OutboundQueue(role: .client, limits: limits, overflow: .refuseNewest, now: { .now() }),
        onEstablished: { [weak self] in self?.established($0) }, onFailure: { [weak self] in self?.failed($0) })
      dial.onProgress = { [weak self] in self?.done($0) }
      self.dial = dial
      dial.start()
    }

    private func done(_ step: DialProgress) {
      let now = MonotonicInstant.now()
      report.steps.append((step, since.duration(to: now)))
      since = now
      progress(report)
      if case .upgraded = step, !authenticating { finish() }
    }

    private func failed(_ error: TransportError) {
      report.failure = error
      report.failedAfter = since.duration(to: .now())
      finish()
    }

    private func established(_ connection: ClientConnection) {
      self.connection = connection
      done(.authenticated)
      guard let idle, idle > .zero else { return finish() }
      let bound = NIOLoopBound(self, eventLoop: loop)
      let timer = loop.scheduleTask(in: TimeAmount(idle)) { bound.value.idled(for: idle, nil) }
      connection.onEnd = { [weak self] error in
        timer.cancel()
        guard let self else { return }
        idled(for: since.duration(to: .now()), error)
      }
    }

    private func idled(for time: Duration, _ error: TransportError?) {
      report.idled = (time, error)
      finish()
    }

    func cancel() { finish() }

    private func finish() {
      guard !isOver else { return }
      isOver = true
      dial?.cancel()
      connection?.close()
      completion(report)
    }
  }
}
