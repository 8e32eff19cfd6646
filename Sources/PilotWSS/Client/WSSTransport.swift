import NIOCore
import NIOPosix
public import PilotTransport
public import PilotWire
import Synchronization

/// Carries frames to a beacon over one WebSocket connection, and keeps that connection up.
///
/// Connecting means name, TCP, TLS, HTTP upgrade and Ed25519 authentication, within one limit. Afterwards a lost
/// connection is dialled again, with growing delays and for ever: only ``close()`` ends the transport. While it is down,
/// sending throws `.reconnecting` at once, and ``events`` tells why and when the next attempt is due.
///
/// A transport that isn't needed for the moment can be put to rest (``rest()``): it has no connection then, and keeps its
/// receiver, its counters and its place in merged receivers until it is dialled again (``dial()``).
///
/// Frames of one connection arrive in the order in which they were sent. The one peer is the beacon: it is called
/// ``Configuration/beaconEndpoint``, which frames come from, and the only destination that a send takes.
///
/// A transport that nobody refers to any more closes itself; its receiver counts as a reference.
public final class WSSTransport: Transport {
  /// Always 65,535 bytes (wire reference, section 1).
  public var maximumFrameLength: Int { FrameLimits.maximumOverWSS }
  /// ``/PilotWire/Endpoint/wssLocal``: a WSS transport has no address of its own.
  public var localEndpoint: Endpoint { .wssLocal }
  /// Connection changes with their reasons; see ``/PilotTransport/TransportEvent``.
  public var events: TransportEvents { eventSource.events }

  private let life: TransportLife
  private let inbound: FrameQueue
  private let outbound: OutboundQueue
  private let eventSource: TransportEventSource
  private let loop: any EventLoop
  private let driver: NIOLoopBoundBox<SupervisorDriver>
  private let reconnects: ReconnectCount
  private let beaconTraits: BeaconTraits
  private let beacon: Endpoint
  /// Whether it was put to rest, for who wants to send: known before the event loop is.
  private let isResting = Atomic<Bool>(false)

  private init(_ configuration: Configuration) throws(TransportError) {
    try configuration.validate()
    let trust = configuration.beacon.isSecure ? try ClientTrust(configuration.trust) : nil
    let proxy = try configuration.proxyAccess()
    let life = TransportLife()
    let group = configuration.eventLoopGroup ?? MultiThreadedEventLoopGroup.singleton
    var limits = OutboundQueue.Limits(bytes: configuration.outgoing.bytes, age: configuration.outgoing.age)
    limits.first = 1...limits.frame
    self.life = life
    beacon = configuration.beaconEndpoint
    loop = group.next()
    inbound = FrameQueue(limits: configuration.incoming, life: life)
    outbound = OutboundQueue(role: .client, limits: limits, overflow: .refuseNewest, now: { .now() })
    eventSource = TransportEventSource()
    reconnects = ReconnectCount()
    beaconTraits = BeaconTraits()
    driver = .makeBoxSendingValue(
      SupervisorDriver(
        loop: loop, configuration: configuration, trust: trust, proxy: proxy, inbound: inbound, outbound: outbound,
        events: eventSource, reconnects: reconnects, beaconTraits: beaconTraits),
      eventLoop: loop)
  }

  /// Makes a transport that begins to dial and goes on until it is closed, whatever the first attempt gives.
  ///
  /// Sends throw `.reconnecting` until ``/PilotTransport/TransportEvent/connected`` is announced.
  ///
  /// - Parameters:
  ///   - configuration: How to reach the beacon.
  ///   - dialing: Whether to begin at once. If not, it is at rest until ``dial()``.
  /// - Throws: `.invalidConfiguration`.
  public static func start(_ configuration: Configuration, dialing: Bool = true) throws(TransportError) -> WSSTransport
  {
    let transport = try WSSTransport(configuration)
    transport.isResting.store(true, ordering: .releasing)
    if dialing { transport.dial() }
    return transport
  }

  /// Connects to a beacon, and returns when frames can flow.
  ///
  /// - Throws: `.invalidConfiguration`, or why the first attempt failed: `.resolveFailed`, `.connectFailed`, `.tlsFailed`,
  ///   `.proxyRefused`, `.upgradeRefused`, `.atCapacity`, `.authenticationFailed`, `.timedOut`; `.cancelled` when the task is cancelled.
  ///   Nothing goes on after that.
  public static func connect(_ configuration: Configuration) async throws(TransportError) -> WSSTransport {
    let transport = try WSSTransport(configuration)
    let outcome = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let driver = transport.driver
        transport.loop.execute { driver.value.start { continuation.resume(returning: $0) } }
      }
    } onCancel: {
      transport.close()
    }
    // A task that was cancelled at the last moment has closed what it would be given.
    if outcome == nil, !transport.life.isClosed { return transport }
    transport.close()
    throw Task.isCancelled ? .cancelled : outcome ?? .closed
  }

  /// Whether the beacon of the present connection is of this project, and takes what deployed ones may not: it has chosen
  /// `pilot.v2`. Nil without a connection; frames of a new one can be read a moment before it is known.
  package var beaconIsOwn: Bool? { beaconTraits.isOwn }

  /// How long the beacon took to answer the authentication of the latest connection, its own work included; nil before the first.
  package var roundTrip: Duration? { beaconTraits.roundTrip }

  deinit { close() }

  /// Begins to dial, if the transport is at rest; without effect otherwise. At once, without waiting for anything, from any
  /// thread; ``/PilotTransport/TransportEvent/connected`` tells when frames can flow.
  public func dial() {
    if isResting.exchange(false, ordering: .acquiringAndReleasing) { settle() }
  }

  /// Ends the connection, the attempt or the wait for the next one, until ``dial()``: from any thread, without waiting. Without
  /// effect if the transport is at rest.
  ///
  /// A moment later sends throw `.unreachable`. What was taken before is sent first, unless the beacon doesn't take it within
  /// ``Configuration/Outgoing/age``, and counted as ever. What the beacon has sent until it closes its end is received.
  public func rest() {
    if !isResting.exchange(true, ordering: .acquiringAndReleasing) { settle() }
  }

  /// Gives up the connection as it is, or the wait for one, and dials at once: for who knows that the network is another one.
  /// From any thread, without waiting. Without effect if the transport is at rest.
  public func redial() {
    loop.execute { [weak self] in
      guard let self, !isResting.load(ordering: .acquiring) else { return }
      driver.value.redial()
    }
  }

  /// Brings the connection to what was asked for last, whichever of two threads has come first.
  private func settle() {
    loop.execute { [weak self] in
      guard let self else { return }
      if isResting.load(ordering: .acquiring) { driver.value.rest() } else { driver.value.start(firstOutcome: nil) }
    }
  }

  /// Hands out the one receiver.
  public func makeReceiver() throws(TransportError) -> Receiver {
    try life.takeReceiver()
    return Receiver(WSSFrameSource(transport: self, queue: inbound))
  }

  /// Queues one frame for the beacon. See ``/PilotTransport/Transport/send(_:to:)``.
  ///
  /// - Throws: `.invalidDestination` for anything but ``Configuration/beaconEndpoint``; `.emptyFrame` for an empty frame to
  ///   a beacon that hasn't shown that it survives one.
  public func send(_ frame: RawSpan, to destination: Endpoint) throws(TransportError) {
    if life.isClosed { throw .closed }
    guard destination == beacon else { throw elsewhere }
    try check(outbound.append(head: frame, body: RawSpan()))
  }

  /// Queues one frame whose first bytes lie elsewhere. As ``send(_:to:)``.
  public func send(header: RawSpan, payload: RawSpan, to destination: Endpoint) throws(TransportError) {
    if life.isClosed { throw .closed }
    guard destination == beacon else { throw elsewhere }
    try check(outbound.append(head: header, body: payload))
  }

  /// Queues frames for the beacon, and has them sent together. See ``/PilotTransport/Transport/send(contentsOf:)``.
  public func send(contentsOf batch: borrowing FrameBatch) throws(TransportError) -> Int {
    if life.isClosed { throw .closed }
    let count = batch.countFront(to: beacon)
    if count == 0, !batch.isEmpty { throw elsewhere }
    let (taken, admission, needsWake) = outbound.push(contentsOf: batch, first: count, at: outbound.time)
    if needsWake { outbound.wake() }
    if taken == 0 { try check(admission) }
    return taken
  }

  private var elsewhere: TransportError {
    TransportError(code: .invalidDestination, message: "a WSS transport reaches its beacon only, which is \(beacon)")
  }

  private func check(_ admission: OutboundQueue.Admission) throws(TransportError) {
    switch admission {
    case .queued: return
    case .tooShort: throw .emptyFrame
    case .tooLong(let length): throw .frameTooLarge(length, limit: maximumFrameLength)
    case .full: throw .backpressure
    case .disconnected:
      throw life.isClosed ? .closed : isResting.load(ordering: .acquiring) ? .resting : .reconnecting
    }
  }

  /// What went through so far.
  ///
  /// A frame counts as sent when the kernel has it. What was in the kernel's buffers, or at the beacon, when a connection
  /// broke can't be told from what arrived.
  public var counters: TransportCounters {
    let (inbound, outbound) = (inbound.counts, outbound.counts)
    var counters = TransportCounters()
    counters.framesSent = outbound.sent
    counters.bytesSent = outbound.sentBytes
    counters.framesReceived = inbound.delivered
    counters.bytesReceived = inbound.deliveredBytes
    counters.reconnects = reconnects.value
    counters.drops[.expired] = outbound.expired
    counters.drops[.connectionLost] = outbound.lost
    counters.drops[.closedBeforeSending] = outbound.unsent
    counters.drops[.receiveQueueFull] = inbound.droppedOldest
    counters.drops[.malformed] = inbound.malformed
    counters.drops[.closedBeforeReading] = inbound.unread
    return counters
  }

  /// Closes the connection and ends the transport. See ``/PilotTransport/Transport/close()``.
  public func close() {
    guard life.end() else { return }
    outbound.close()
    inbound.finish()
    eventSource.finish()
    loop.execute { [driver] in driver.value.close() }
  }
}
