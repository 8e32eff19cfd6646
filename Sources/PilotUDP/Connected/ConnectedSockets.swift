internal import CPilotUDP
package import PilotTransport
package import PilotWire
internal import Synchronization

/// Who gets what ``ConnectedSockets`` receive. Called on their thread, which waits for it: it mustn't.
package protocol ConnectedSocketReader: AnyObject, Sendable {
  /// A datagram has come for a socket, which may have been closed meanwhile.
  ///
  /// - Parameters:
  ///   - payload: Its bytes, lent for the call.
  ///   - socket: The number that ``ConnectedSockets/open(to:)`` gave.
  func receive(_ payload: RawSpan, on socket: UInt64)

  /// Some have come, and the sockets are looked at anew after this: the place to send what was gathered.
  func drained()
}

/// UDP sockets that are connected to one peer each, by the thousand: one thread waits for all of them, with the memory of one.
///
/// **Sending** is that of ``UDPTransport``: batches, segmentation, and what the kernel refuses is dropped and counted. **Receiving**
/// takes what has come for one socket after the other, up to 16 messages at a time, each possibly coalesced: a busy one doesn't
/// starve the others. Datagrams come from the peer alone; on Linux the kernel sees to that.
///
/// From any thread. ``close()`` ends it; until then the thread that ``start(_:)`` has started keeps it.
package final class ConnectedSockets: Sendable {
  private struct State {
    var sockets: [UInt64: ConnectedSocket] = [:]
    var lastNumber: UInt64 = 0
    var isClosed = false
  }

  private let state = Mutex(State())
  private let counts = UDPCounters()
  private let eventSource = TransportEventSource()
  private let errors: ErrorQueue
  private let pool = OutgoingMessagesPool()
  private let limits = SegmentLimits(isAvailable: true)
  private let wakeUp: WakeUp
  private let ready: ReadySet
  private let configuration: UDPTransport.Configuration

  /// Makes no socket yet.
  ///
  /// - Parameter configuration: As for ``UDPTransport``; the address to bind to, and whether it is shared, don't count.
  /// - Throws: `.invalidConfiguration`; `.system` without descriptors.
  package init(_ configuration: UDPTransport.Configuration = UDPTransport.Configuration()) throws(TransportError) {
    try configuration.validate()
    self.configuration = configuration
    errors = ErrorQueue(counters: counts, events: eventSource)
    wakeUp = try WakeUp()
    ready = try ReadySet(wakeUp)
  }

  /// Starts the thread that reads. Call it once; what has come by then is read.
  ///
  /// - Parameter reader: Who gets what comes.
  /// - Throws: `.system` without a thread.
  package func start(_ reader: any ConnectedSocketReader) throws(TransportError) {
    let result = Self.startThread(ConnectedSocketThread(self, reader))
    guard result == 0 else {
      throw TransportError(
        code: .system, message: "no thread to wait for sockets with", cause: SystemError(-result),
        retry: .later(after: nil))
    }
  }

  private static func startThread(_ thread: ConnectedSocketThread) -> CInt {
    // SAFETY: the retained reference is consumed by the thread, or below when there is none.
    let context = unsafe Unmanaged.passRetained(thread)
    let result = unsafe cpilot_udp_start_thread(
      { context in
        guard let context = unsafe context else { return }
        unsafe Unmanaged<ConnectedSocketThread>.fromOpaque(context).takeRetainedValue().run()
      }, context.toOpaque())
    if result != 0 { unsafe context.release() }
    return result
  }

  /// What went through all of them, those that are closed included.
  package var counters: TransportCounters { counts.snapshot }

  /// What ICMP said of the peers, and of the paths there; see ``/PilotTransport/TransportEvents``.
  package var events: TransportEvents { eventSource.events }

  /// How many sockets are open.
  package var count: Int { state.withLock { $0.sockets.count } }

  /// Makes a socket that is connected to a peer, from a port of the system's choice.
  ///
  /// - Parameter peer: Where it sends to, and receives from.
  /// - Returns: The socket's number, which no other will have.
  /// - Throws: `.bindFailed` when there are no descriptors left, `.unreachable` without a route, `.invalidDestination`, `.closed`.
  package func open(to peer: Endpoint) throws(TransportError) -> UInt64 {
    var configuration = configuration
    configuration.bindTo = peer.isIPv4 ? Endpoint(ipv4Address: 0, port: 0) : .any(port: 0)
    configuration.sharesPort = false
    let opened = try OpenedSocket.bind(configuration)
    guard opened.reach.admits(peer, length: 0) else { throw opened.reach.refusal(peer, length: 0) }
    try opened.connect(to: peer)
    let socket = ConnectedSocket(
      opened, peer: peer,
      sender: DatagramSender(
        socket: opened.socket, reach: opened.reach, counters: counts, errors: errors, limits: limits, locals: nil,
        pool: pool))
    let number = try state.withLock { state throws(TransportError) in
      guard !state.isClosed else { throw .closed }
      state.lastNumber += 1
      try ready.add(socket.socket, as: state.lastNumber)
      state.sockets[state.lastNumber] = socket
      return state.lastNumber
    }
    if ready.mustBeWokenForNews { wakeUp.signal() }
    return number
  }

  /// Closes a socket. What has come for it by then may still be told.
  package func close(_ number: UInt64) {
    // Under the lock: a descriptor that somebody else has by then isn't to be taken out of the set.
    let socket = state.withLock { state in
      let socket = state.sockets.removeValue(forKey: number)
      if let socket { ready.remove(socket.socket) }
      return socket
    }
    socket?.socket.close()
  }

  /// Sends the frames of a batch, all of which are for the peer of one socket. As ``UDPTransport/send(contentsOf:)``.
  package func send(contentsOf batch: borrowing FrameBatch, on number: UInt64) throws(TransportError) -> Int {
    guard let socket = self[number] else { throw .closed }
    return try socket.sender.send(contentsOf: batch)
  }

  /// Closes all sockets, at once and for good. The thread ends soon.
  package func close() {
    let sockets = state.withLock { state in
      state.isClosed = true
      for socket in state.sockets.values { ready.remove(socket.socket) }
      defer { state.sockets = [:] }
      return state.sockets.values.map(\.socket)
    }
    for socket in sockets { socket.close() }
    eventSource.finish()
    wakeUp.signal()
  }

  // MARK: For the thread

  subscript(number: UInt64) -> ConnectedSocket? { state.withLock { $0.sockets[number] } }

  var isClosed: Bool { state.withLock { $0.isClosed } }

  func wait(_ numbers: inout [UInt64]) -> Int { ready.wait(&numbers, wakeUp) }

  /// Takes what has come for a socket, once.
  func read(_ socket: ConnectedSocket, into messages: IncomingMessages, _ body: (RawSpan) -> Void) {
    guard let descriptor = socket.socket.enter() else { return }
    defer { socket.socket.leave() }
    guard messages.receive(on: descriptor) >= 0 else {
      // Whether it was an ICMP error or nothing: what made the socket ready is in the queue of errors.
      errors.drain(descriptor)
      return
    }
    messages.dropsSeen = socket.dropsSeen.load(ordering: .relaxed)
    let lent = unsafe messages.frames(counting: counts)
    socket.dropsSeen.store(messages.dropsSeen, ordering: .relaxed)
    unsafe counts.addReceived(lent.frames, bytes: lent.runs.reduce(0) { unsafe $0 + $1.byteCount })
    for index in unsafe lent.runs.indices {
      // SAFETY: the memory stays as it is until the next receive, and index is one of the runs'.
      guard unsafe lent.runs[index].endpoint == socket.peer else { continue }
      unsafe lent.runs[index].forEachFrame { frame, _ in body(frame) }
    }
  }
}
