import NIOCore
import NIOPosix
import PilotTransport
import Synchronization

/// How often a connection came back.
final class ReconnectCount: Sendable {
  private let count = Atomic<UInt64>(0)

  var value: UInt64 { count.load(ordering: .relaxed) }

  func increment() { count.add(1, ordering: .relaxed) }
}

/// Whether a transport's beacon is of this project.
final class BeaconKind: Sendable {
  private let own = Atomic<Bool>(false)

  var isOwn: Bool { own.load(ordering: .acquiring) }

  func set(isOwn: Bool) { own.store(isOwn, ordering: .releasing) }
}

/// Performs what a ``ConnectionSupervisor`` decides: dials, sets timers, announces. Confined to one event loop.
final class SupervisorDriver {
  private let configuration: WSSTransport.Configuration
  private let trust: ClientTrust?
  private let loop: any EventLoop
  private let inbound: FrameQueue
  private let outbound: OutboundQueue
  private let events: TransportEventSource
  private let reconnects: ReconnectCount
  private let beaconKind: BeaconKind
  private var supervisor: ConnectionSupervisor
  private var dial: Dial?
  private var connection: ClientConnection?
  private var timer: Scheduled<Void>?
  private var firstOutcome: ((TransportError?) -> Void)?

  init(
    loop: any EventLoop, configuration: WSSTransport.Configuration, trust: ClientTrust?, inbound: FrameQueue,
    outbound: OutboundQueue, events: TransportEventSource, reconnects: ReconnectCount, beaconKind: BeaconKind
  ) {
    self.configuration = configuration
    self.trust = trust
    self.loop = loop
    self.inbound = inbound
    self.outbound = outbound
    self.events = events
    self.reconnects = reconnects
    self.beaconKind = beaconKind
    supervisor = ConnectionSupervisor(backoff: configuration.backoff)
  }

  /// Begins, or begins anew after ``rest()``. `firstOutcome` hears once of the first attempt: `nil` when it succeeded. When it
  /// failed there is no other.
  func start(firstOutcome: ((TransportError?) -> Void)?) {
    switch supervisor.start() {
    case .dial:
      self.firstOutcome = firstOutcome
      startDial()
    case .nothing:
      firstOutcome?(.closed)
    }
  }

  /// Ends what is under way, until the next ``start(firstOutcome:)``. A connection first sends what it was given, and hands
  /// over what comes until the beacon has closed its end, too.
  func rest() {
    guard supervisor.rest(at: MonotonicInstant(loop.now)) else { return }
    stopDialing()
    connection?.leave()
    connection = nil
    beaconKind.set(isOwn: false)
    events.emit(.resting)
  }

  /// Gives up what is under way as it is, and dials at once.
  func redial() {
    let wasConnected = connection != nil
    guard supervisor.redial() == .dial else { return }
    stopDialing()
    connection?.abandon()
    connection = nil
    beaconKind.set(isOwn: false)
    if wasConnected {
      let reason = TransportError(
        code: .connectionLost, message: "the connection was given up for another one", retry: .afterEvent)
      events.emit(.reconnecting(reason: reason, attempt: 1, delay: .zero))
    }
    startDial()
  }

  func close() {
    guard supervisor.close() else { return }
    stopDialing()
    connection?.close()
    connection = nil
    report(.closed)
  }

  private func stopDialing() {
    timer?.cancel()
    timer = nil
    dial?.cancel()
    dial = nil
  }

  /// Dials with the authorities that are in their files at this moment.
  private func startDial() {
    guard let trust, !trust.isCurrent else { return dial(with: trust?.tls) }
    let bound = NIOLoopBound(self, eventLoop: loop)
    NIOThreadPool.singleton.runIfActive(eventLoop: loop) { try trust.renew() }
      .whenComplete { result in bound.value.renewed(result) }
  }

  private func renewed(_ result: Result<Void, any Error>) {
    if case .failure(let error as TransportError) = result {
      events.emit(.notice("\(error.message); those from before stay in force"))
    }
    // Two can be under way, with a rest between them.
    guard supervisor.isDialing, dial == nil else { return }
    dial(with: trust?.tls)
  }

  private func dial(with tls: ClientTLS?) {
    let dial = Dial(
      configuration: configuration, tls: tls, loop: loop, inbound: inbound, outbound: outbound,
      onEstablished: { [weak self] connection in self?.established(connection) },
      onFailure: { [weak self] error in self?.down(error) })
    self.dial = dial
    dial.start()
  }

  private func established(_ connection: ClientConnection) {
    dial = nil
    switch supervisor.connected(at: MonotonicInstant(loop.now)) {
    case .announce(let first):
      self.connection = connection
      beaconKind.set(isOwn: connection.isOwn)
      connection.onEnd = { [weak self] error in self?.down(error) }
      if !first { reconnects.increment() }
      events.emit(first ? .connected : .reconnected)
      report(nil)
    case .discard:
      connection.close()
    }
  }

  private func down(_ error: TransportError) {
    dial = nil
    connection = nil
    beaconKind.set(isOwn: false)
    if firstOutcome != nil {
      // Whoever waits for the first attempt gives up with it.
      _ = supervisor.close()
      return report(error)
    }
    let random = Double.random(in: 0..<1)
    let action = supervisor.down(
      hopeless: error.isHopeless, retryAfter: error.retryAfter ?? .zero, at: MonotonicInstant(loop.now), random: random)
    switch action {
    case .wait(let delay, let attempt):
      // Whatever has failed: the transport goes on by itself, and another event will tell how.
      var reason = error
      reason.retry = .afterEvent
      events.emit(.reconnecting(reason: reason, attempt: attempt, delay: delay))
      let bound = NIOLoopBound(self, eventLoop: loop)
      timer = loop.scheduleTask(in: TimeAmount(delay)) { bound.value.timerFired() }
    case .nothing:
      break
    }
  }

  private func timerFired() {
    timer = nil
    if supervisor.timerFired() == .dial { startDial() }
  }

  private func report(_ outcome: TransportError?) {
    firstOutcome.take()?(outcome)
  }
}
