public import PilotTransport
public import PilotWire
import Synchronization

/// A transport without a network, for tests of what stands on transports. Made by an ``InMemoryNetwork``.
///
/// It keeps order, and a frame that ``send(_:to:)`` took is in the receiver's queue when the call returns. The queue is
/// bounded: when its reader is slow the oldest frames go, counted at the receiver as
/// ``/PilotTransport/DropReason/receiveQueueFull``.
///
/// A frame to an endpoint where nobody is counts as sent, as it does with UDP, and the answer is what ICMP would have
/// brought: ``/PilotTransport/TransportEvent/unreachable(_:reason:quoted:)`` and one more unreachable report in the counters.
public final class InMemoryTransport: Transport {
  /// The limits of a transport.
  public struct Configuration: Sendable, Equatable {
    /// The longest frame it takes, in bytes: 0...65,535. Default 65,507, as UDP on IPv4.
    public var maximumFrameLength = FrameLimits.maximumOverUDPv4
    /// How many unread frames it keeps.
    public var receiveQueue = FrameQueue.Limits()

    /// The defaults.
    public init() {}
  }

  /// What becomes of the frames that are given to a transport's send.
  @nonexhaustive
  public enum Sending: Sendable, Equatable {
    /// They are taken.
    case open
    /// So many more are taken, then `.backpressure` is thrown until this is set anew.
    case limited(frames: Int)
    /// `.reconnecting` is thrown. Frames from others still arrive.
    case reconnecting
  }

  /// Where this transport receives.
  public let localEndpoint: Endpoint
  /// The longest frame it takes, in bytes.
  public let maximumFrameLength: Int
  let queue: FrameQueue
  private let network: InMemoryNetwork
  private let eventSource = TransportEventSource()
  private let state = Mutex(State())

  init(network: InMemoryNetwork, localEndpoint: Endpoint, maximumFrameLength: Int, queue: FrameQueue) {
    self.network = network
    self.localEndpoint = localEndpoint
    self.maximumFrameLength = maximumFrameLength
    self.queue = queue
  }

  /// What went through and what was dropped so far.
  public var counters: TransportCounters {
    var counters = state.withLock { $0.sent }
    let received = queue.counts
    counters.framesReceived = received.delivered
    counters.bytesReceived = received.deliveredBytes
    counters.drops[.receiveQueueFull] = received.droppedOldest
    counters.drops[.closedBeforeReading] = received.unread
    return counters
  }

  /// Unreachable destinations, the changes that ``setSending(_:)`` plays, and the end.
  public var events: TransportEvents { eventSource.events }

  /// Hands out the one receiver.
  public func makeReceiver() throws(TransportError) -> Receiver {
    try queue.life.takeReceiver()
    return Receiver(queue)
  }

  /// Puts a frame into the queue of the transport at the destination.
  ///
  /// - Throws: `.closed`, `.frameTooLarge`; `.invalidDestination` for port 0; `.backpressure` and `.reconnecting` when
  ///   ``setSending(_:)`` says so.
  public func send(_ frame: RawSpan, to destination: Endpoint) throws(TransportError) {
    let length = frame.byteCount
    if queue.life.isClosed { throw .closed }
    if length > maximumFrameLength { throw .frameTooLarge(length, limit: maximumFrameLength) }
    guard destination.port != 0 else {
      throw TransportError(code: .invalidDestination, message: "nobody can be at port 0 (\(destination))")
    }
    // Counted before the peer can have it: whoever was told of the frame finds it in the counters.
    try state.withLock { state throws(TransportError) in try state.take(length) }
    if !network.deliver(frame, from: localEndpoint, to: destination) { reportUnreachable(destination, frame) }
  }

  /// Sends the frames of a batch one by one, in order.
  public func send(contentsOf batch: borrowing FrameBatch) throws(TransportError) -> Int {
    if queue.life.isClosed { throw .closed }
    var taken = 0
    do {
      try batch.forEach { frame, destination throws(TransportError) in
        try send(frame, to: destination)
        taken += 1
      }
    } catch {
      if taken == 0 { throw error }
    }
    return taken
  }

  /// Leaves the network: at once, for good. Unread frames are counted as
  /// ``/PilotTransport/DropReason/closedBeforeReading``.
  public func close() {
    guard queue.life.end() else { return }
    network.release(localEndpoint)
    queue.finish()
    eventSource.finish()
  }

  /// Makes send refuse frames, or take them again, so that a test can see what its subject does about it.
  ///
  /// Going to ``Sending/reconnecting`` and back emits the events of a connection that is lost and found.
  public func setSending(_ sending: Sending) {
    let before = state.withLock { state in
      let before = state.sending
      state.sending = sending
      if before == .reconnecting, sending != .reconnecting { state.sent.reconnects += 1 }
      return before
    }
    switch (before == .reconnecting, sending == .reconnecting) {
    case (false, true):
      let reason = TransportError(
        code: .connectionLost, message: "the test took the connection down", retry: .afterEvent)
      eventSource.emit(.reconnecting(reason: reason, attempt: 1, delay: .zero))
    case (true, false):
      eventSource.emit(.reconnected)
    case (false, false), (true, true):
      break
    }
  }

  private func reportUnreachable(_ destination: Endpoint, _ frame: RawSpan) {
    state.withLock { $0.sent.unreachableReports += 1 }
    let reason = TransportError(code: .unreachable, message: "nobody receives at \(destination)")
    eventSource.emit(.unreachable(destination, reason: reason, quoted: QuotedDatagram(frame)))
  }
}

extension InMemoryTransport {
  private struct State {
    var sending = Sending.open
    var sent = TransportCounters()

    mutating func take(_ length: Int) throws(TransportError) {
      switch sending {
      case .open: break
      case .limited(let frames) where frames > 0: sending = .limited(frames: frames - 1)
      case .limited: throw .backpressure
      case .reconnecting: throw .reconnecting
      }
      sent.framesSent += 1
      sent.bytesSent += UInt64(length)
    }
  }
}

extension InMemoryTransport.Configuration {
  func validate() throws(TransportError) {
    guard (0...FrameLimits.maximumOverWSS).contains(maximumFrameLength) else {
      throw TransportError(
        code: .invalidConfiguration,
        message: "maximumFrameLength is \(maximumFrameLength) and must be 0 to \(FrameLimits.maximumOverWSS)")
    }
  }
}
