import NIOCore
import NIOPosix
import PilotTransport
import PilotWire
import Synchronization

/// How often a connection came back.
final class ReconnectCount: Sendable {
  private let count = Atomic<UInt64>(0)

  var value: UInt64 { count.load(ordering: .relaxed) }

  func increment() { count.add(1, ordering: .relaxed) }
}

/// What a transport knows of its beacon.
final class BeaconTraits: Sendable {
  private enum Kind: UInt8, AtomicRepresentable {
    case unknown, deployed, own
  }

  private let kind = Atomic<Kind>(.unknown)
  /// In nanoseconds; 0 for unknown.
  private let answerTime = Atomic<Int64>(0)

  /// Whether that of the present connection is of this project; nil while there is none.
  var isOwn: Bool? {
    switch kind.load(ordering: .acquiring) {
    case .unknown: nil
    case .deployed: false
    case .own: true
    }
  }

  func set(isOwn: Bool?) { kind.store(isOwn.map { $0 ? .own : .deployed } ?? .unknown, ordering: .releasing) }

  /// How long it took to answer the latest authentication; nil before the first.
  var roundTrip: Duration? {
    let time = answerTime.load(ordering: .relaxed)
    return time > 0 ? .nanoseconds(time) : nil
  }

  func answered(after time: Duration) { answerTime.store(max(time.clampedNanoseconds, 1), ordering: .relaxed) }
}

/// Performs what a ``ConnectionSupervisor`` decides: dials, sets timers, announces. Confined to one event loop.
final class SupervisorDriver {
  private let configuration: WSSTransport.Configuration
  private let trust: ClientTrust?
  private let proxy: ProxyAccess?
  private let loop: any EventLoop
  private let inbound: FrameQueue
  private let outbound: OutboundQueue
  private let events: TransportEventSource
  private let reconnects: ReconnectCount
  private let beaconTraits: BeaconTraits
  private var supervisor: ConnectionSupervisor
  private var dial: Dial?
  private var connection: ClientConnection?
  private var timer: Scheduled<Void>?
  /// What the beacon's wish to end leads to.
  private var plan = DrainPlan()
  private var drainTimer: Scheduled<Void>?
  /// The attempt to make the connection that takes over from the present one.
  private var successor: Dial?
  /// Why the present one has ended while that attempt is under way.
  private var lostMeanwhile: TransportError?
  private var firstOutcome: ((TransportError?) -> Void)?

  init(
    loop: any EventLoop, configuration: WSSTransport.Configuration, trust: ClientTrust?, proxy: ProxyAccess?,
    inbound: FrameQueue, outbound: OutboundQueue, events: TransportEventSource, reconnects: ReconnectCount,
    beaconTraits: BeaconTraits
  ) {
    self.configuration = configuration
    self.trust = trust
    self.proxy = proxy
    self.loop = loop
    self.inbound = inbound
    self.outbound = outbound
    self.events = events
    self.reconnects = reconnects
    self.beaconTraits = beaconTraits
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
    forgetDrain()
    connection?.leave()
    connection = nil
    beaconTraits.set(isOwn: nil)
    events.emit(.resting)
  }

  /// Gives up what is under way as it is, and dials at once.
  func redial() {
    let wasConnected = connection != nil
    guard supervisor.redial() == .dial else { return }
    stopDialing()
    forgetDrain()
    connection?.abandon()
    connection = nil
    beaconTraits.set(isOwn: nil)
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
    forgetDrain()
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
      configuration: configuration, tls: tls, proxy: proxy, loop: loop, inbound: inbound, outbound: outbound,
      onEstablished: { [weak self] connection in self?.established(connection) },
      onFailure: { [weak self] error in self?.down(error) })
    self.dial = dial
    dial.start()
  }

  private func established(_ connection: ClientConnection) {
    dial = nil
    switch supervisor.connected(at: MonotonicInstant(loop.now)) {
    case .announce(let first):
      adopt(connection)
      if !first { reconnects.increment() }
      events.emit(first ? .connected : .reconnected)
      report(nil)
    case .discard:
      connection.close()
    }
  }

  /// Carries frames over a connection from now on.
  private func adopt(_ connection: ClientConnection) {
    self.connection = connection
    beaconTraits.set(isOwn: connection.isOwn)
    if let roundTrip = connection.roundTrip { beaconTraits.answered(after: roundTrip) }
    connection.onEnd = { [weak self] error in self?.down(error) }
    connection.onDrain = { [weak self] notice in self?.told(notice) ?? false }
    plan.connected(at: MonotonicInstant(loop.now))
  }

  private func down(_ error: TransportError) {
    dial = nil
    connection = nil
    beaconTraits.set(isOwn: nil)
    if successor != nil {
      // The one that is being made is as good as any other attempt.
      lostMeanwhile = error
      return
    }
    let absence = plan.ended(at: MonotonicInstant(loop.now))
    forgetDrain()
    if firstOutcome != nil {
      // Whoever waits for the first attempt gives up with it.
      _ = supervisor.close()
      return report(error)
    }
    let now = MonotonicInstant(loop.now)
    let hold = proxy?.hold(at: now)
    let action = supervisor.down(
      hopeless: error.isHopeless, retryAfter: error.retryAfter ?? .zero, hold: hold ?? .zero, at: now,
      random: .random(in: 0..<1))
    switch action {
    case .wait(let usual, let attempt):
      let delay = absence ?? usual
      // Whatever has failed: the transport goes on by itself, and another event will tell how.
      var reason = hold.map(error.held) ?? error
      reason.retry = .afterEvent
      events.emit(.reconnecting(reason: reason, attempt: attempt, delay: delay))
      let bound = NIOLoopBound(self, eventLoop: loop)
      timer = loop.scheduleTask(in: TimeAmount(delay)) { bound.value.timerFired() }
    case .nothing:
      break
    }
  }

  // MARK: A beacon that is about to end

  /// - Returns: Whether the beacon is believed.
  private func told(_ notice: DrainNotice) -> Bool {
    guard let connection else { return false }
    var place: WSSURL?
    if let text = notice.place {
      guard let moved = configuration.moved(to: text, isOwn: connection.isOwn) else { return false }
      place = moved.beacon
    }
    let now = MonotonicInstant(loop.now)
    switch plan.told(notice.comeBack, place, at: now, random: .random(in: 0..<1)) {
    case .ignore: return false
    case .wait(let delay):
      events.emit(.draining(notice.comeBack))
      wait(delay)
      return true
    }
  }

  private func wait(_ delay: Duration) {
    let bound = NIOLoopBound(self, eventLoop: loop)
    drainTimer = loop.scheduleTask(in: TimeAmount(delay)) { bound.value.drainTimerFired() }
  }

  private func drainTimerFired() {
    drainTimer = nil
    guard case .dial(let place) = plan.due() else { return }
    var target = configuration
    if let place, let moved = configuration.moved(to: place.description, isOwn: true) { target = moved }
    let access: ProxyAccess?
    do throws(TransportError) {
      access = try target.proxyAccess(reusing: proxy)
    } catch {
      return successorFailed(error)
    }
    let dial = Dial(
      configuration: target, tls: trust?.tls, proxy: access, loop: loop, inbound: inbound, outbound: outbound,
      onEstablished: { [weak self] connection in self?.succeeded(connection, at: target.beacon) },
      onFailure: { [weak self] error in self?.successorFailed(error) })
    successor = dial
    outbound.expectSuccessor(true)
    dial.start()
  }

  private func succeeded(_ next: ClientConnection, at beacon: WSSURL) {
    successor = nil
    lostMeanwhile = nil
    guard supervisor.replaced(at: MonotonicInstant(loop.now)) else { return next.close() }
    let previous = connection
    adopt(next)
    // What is on its way over the previous one is received until the beacon has closed it.
    previous?.leave()
    reconnects.increment()
    events.emit(.moved(to: beacon.description))
  }

  private func successorFailed(_ error: TransportError) {
    successor = nil
    outbound.expectSuccessor(false)
    if let lost = lostMeanwhile.take() { return down(lost) }
    wait(
      plan.failed(
        retryAfter: error.retryAfter ?? .zero, at: MonotonicInstant(loop.now), random: .random(in: 0..<1)))
  }

  private func forgetDrain() {
    drainTimer?.cancel()
    drainTimer = nil
    successor?.cancel()
    successor = nil
    lostMeanwhile = nil
    outbound.expectSuccessor(false)
    _ = plan.ended(at: MonotonicInstant(loop.now))
  }

  private func timerFired() {
    timer = nil
    if supervisor.timerFired() == .dial { startDial() }
  }

  private func report(_ outcome: TransportError?) {
    firstOutcome.take()?(outcome)
  }
}
