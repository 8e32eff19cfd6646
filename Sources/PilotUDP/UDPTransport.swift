public import PilotTransport
public import PilotWire

/// Carries frames as UDP datagrams, by direct system calls.
///
/// ```swift
/// let transport = try UDPTransport.bind()
/// var receiver = try transport.makeReceiver()
/// try transport.send(Array("hello".utf8), to: peer)
/// let frame = try await receiver.next()
/// ```
///
/// **Sending** hands the frame to the kernel before it returns, or leaves it with another task that is sending at that
/// moment and takes it along. There is no other queue: what was taken was sent, or refused by the kernel and counted. A
/// full socket buffer is `.backpressure`. On Linux, ``send(contentsOf:)`` needs one system call for 64 messages, and up to
/// 64 frames of one length to one destination are one message (UDP_SEGMENT, udp(7)), where kernel and network card can do
/// that. Frames that one task sends to one destination are handed to the kernel in their order.
///
/// **Receiving** takes up to 16 datagrams per system call, or as many coalesced ones (UDP_GRO), into memory that is
/// reused: 1 MiB, of which only what was touched is real. It waits in one thread per transport, which ``makeReceiver()`` starts and
/// ``close()`` ends. To spare the hop between threads at each wake-up, run the loop on that thread:
///
/// ```swift
/// try await withTaskExecutorPreference(transport.executor) {
///   try await receiver.forEach { frame in … }
/// }
/// ```
///
/// **Several addresses.** A socket that is bound to all of a machine's addresses notes which one each frame was written to
/// (`Frame.local`), and sends what is to leave from one of them from there: on Linux (IP_PKTINFO, IPV6_RECVPKTINFO). It keeps
/// up to 255 of them apart, half of which are kept for addresses that an interface has.
///
/// **ICMP errors** don't end anything: they are `TransportEvent.unreachable` events, on Linux
/// (IP_RECVERR, ip(7)). Other platforms don't report them for unconnected sockets. Those that a packet was too long are
/// `TransportEvent.pathMTU` events, with the length that gets through.
///
/// **Life** ends with ``close()``, or when neither the transport nor its receiver is referenced any more.
public final class UDPTransport: Transport {
  /// The bound address, with the port that the system chose if port 0 was asked for.
  public let localEndpoint: Endpoint
  /// 65,527 bytes for a socket that reaches IPv6, and 65,507 for one that doesn't. To an IPv4 destination the limit is
  /// always 65,507.
  public let maximumFrameLength: Int
  /// The addresses that datagrams were written to; nil for a socket that is bound to one.
  let locals: LocalAddressTable?
  let socket: SocketDescriptor
  private let sender: DatagramSender
  private let loop: SocketLoop
  private let counts = UDPCounters()
  private let errors: ErrorQueue
  private let eventSource = TransportEventSource()
  private let life = TransportLife()
  private let receiveLength: Int
  /// Which of the kernel's shortcuts are in use.
  public let offloads: Offloads
  /// What becomes of frames that are longer than the path takes: as configured, where the system can do that.
  public let fragmentation: Fragmentation

  /// Takes over a bound socket. On error the descriptor is closed.
  ///
  /// - Parameter locals: The table of the group that it is in. Default: one of its own.
  init(
    _ opened: OpenedSocket, configuration: Configuration, sharing locals: LocalAddressTable? = nil
  ) throws(TransportError) {
    self.locals = opened.reportsLocal ? locals ?? LocalAddressTable(family: opened.reach.family) : nil
    socket = opened.socket
    loop = try SocketLoop(socket: opened.socket)
    localEndpoint = opened.local
    maximumFrameLength = opened.reach.longestFrame
    offloads = opened.offloads
    fragmentation = opened.fragmentation
    receiveLength = configuration.receiveFrameLength
    errors = ErrorQueue(counters: counts, events: eventSource)
    sender = DatagramSender(
      socket: opened.socket, reach: opened.reach, counters: counts, errors: errors,
      limits: SegmentLimits(isAvailable: opened.offloads.segmentation), locals: self.locals)
    for notice in opened.notices { eventSource.emit(.notice(notice)) }
  }

  deinit { close() }

  /// What went through and what was dropped so far, counted by the frame.
  ///
  /// But for `.kernelBufferFull`, where the kernel counts what it coalesced as one: with
  /// ``Configuration/receiveCoalescing``, up to 64 frames can be behind each.
  public var counters: TransportCounters { counts.snapshot }

  /// What happened beside frames, oldest first; see ``/PilotTransport/TransportEvents``.
  public var events: TransportEvents { eventSource.events }

  /// Where this transport is reached by the address that a received frame was written to (``/PilotTransport/Frame/local``).
  ///
  /// From any thread; takes no lock.
  ///
  /// - Returns: nil if the socket is bound to all of the machine's addresses, and it isn't known which one that was.
  public func endpoint(of local: LocalAddress) -> Endpoint? {
    if let endpoint = locals?.endpoint(of: local, port: localEndpoint.port) { return endpoint }
    return localEndpoint.isUnspecified ? nil : localEndpoint
  }

  /// How long packets to a destination may be, as far as this machine knows: what the route's interface takes, or less if a
  /// router has said so within the last ten minutes. It says nothing of routers that nobody has asked yet.
  ///
  /// From any thread, at any time; costs four system calls, and sends nothing.
  ///
  /// - Returns: nil if there is no route, or the system doesn't say: other systems than Linux don't.
  public func pathMTU(to destination: Endpoint) -> PathMTU? { PathMTU(asking: destination, from: localEndpoint) }

  /// The thread that waits for the socket, as an executor for the tasks that receive.
  ///
  /// It moves what isn't isolated: code of an actor, the main actor's included, stays on that actor's executor, so that a
  /// loop belongs into a nonisolated function.
  ///
  /// Its jobs run one at a time; one that computes for long holds the others up. Jobs that come after ``close()`` run on
  /// the global executor.
  public var executor: any TaskExecutor { loop }

  /// Hands out the one receiver, and starts the thread that waits for it.
  ///
  /// - Throws: `.receiverTaken` from the second call on, `.closed` after ``close()``, `.system` when the thread can't
  ///   be started.
  public func makeReceiver() throws(TransportError) -> Receiver {
    try loop.start()
    try life.takeReceiver()
    return Receiver(
      DatagramSource(
        transport: self, socket: socket, loop: loop, counters: counts, errors: errors, life: life,
        bufferLength: receiveLength, locals: locals.map { LocalAddressReader(table: $0, events: eventSource) }))
  }

  /// Sends one frame as one datagram, with one system call that doesn't wait.
  ///
  /// While another task is in such a call, the frame is copied, and that task sends it when its own call returns, together
  /// with others that have come. What the kernel then refuses is dropped and counted as `.refusedByKernel`.
  ///
  /// - Throws: `.frameTooLarge` above 65,507 bytes to IPv4 and 65,527 to IPv6, and above what the path takes unless
  ///   ``Configuration/fragmentation`` is allowed; `.invalidDestination` for port 0, an
  ///   unspecified address and a family that the socket doesn't reach; `.backpressure` when the socket buffer or the
  ///   device queue is full; `.unreachable` when this machine has no route; `.system`; `.closed`.
  public func send(_ frame: RawSpan, to destination: Endpoint) throws(TransportError) {
    try sender.send(frame, to: destination)
  }

  /// Sends one frame whose first bytes lie elsewhere, without copying either part. As ``send(_:to:)``.
  public func send(header: RawSpan, payload: RawSpan, to destination: Endpoint) throws(TransportError) {
    try sender.send(header, payload, to: destination)
  }

  /// Sends one frame as one datagram, from the address of this machine that a received frame was written to
  /// (``/PilotTransport/Frame/local``).
  ///
  /// - Parameters:
  ///   - frame: The bytes.
  ///   - destination: Where to.
  ///   - local: Where from. If this machine doesn't have the address any more, the frame leaves from the one that the
  ///     system chooses, counted as `framesFromElsewhere`.
  /// - Throws: As ``send(_:to:)``.
  public func send(_ frame: RawSpan, to destination: Endpoint, from local: LocalAddress) throws(TransportError) {
    try sender.send(frame, to: destination, from: local)
  }

  /// Sends the frames of a batch in their order.
  ///
  /// A frame that only the kernel refuses is dropped, counted as `.refusedByKernel`, and doesn't hold up those behind it.
  /// Frames for one destination leave in their order; those for different ones may overtake each other, so that they can be
  /// sent in groups. When the buffer fills up in the middle of a regrouped batch, what was left of those messages is dropped
  /// and counted in the same way, rather than sent twice.
  ///
  /// - Returns: How many frames were taken from the front. The next one is too long, has an invalid destination, or met
  ///   a full buffer.
  /// - Throws: As ``send(_:to:)``, when not even the first frame was taken.
  public func send(contentsOf batch: borrowing FrameBatch) throws(TransportError) -> Int {
    try sender.send(contentsOf: batch)
  }

  /// Ends the transport: at once, for good, from anywhere, as often as you like.
  ///
  /// The descriptor is closed when the last call that uses it has returned, which takes microseconds; what the kernel
  /// still holds of received datagrams goes with it, uncounted.
  public func close() {
    guard life.end() else { return }
    loop.close()
    socket.close()
    eventSource.finish()
  }
}
