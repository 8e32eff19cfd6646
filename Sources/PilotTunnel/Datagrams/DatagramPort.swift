public import PilotTransport
public import PilotWire
import Synchronization

/// A port of a node's, for datagrams (wire reference, section 5): as a bound UDP socket, but among nodes, and sealed.
///
/// ```swift
/// let port = try tunnels.bind(7)
/// for await datagram in port.datagrams {
///   try? port.send(datagram.payload, to: datagram.peer, port: datagram.port)
/// }
/// ```
///
/// It is bound until ``close()``, until the tunnels end, or until nobody holds it any more. From any task or thread; ``datagrams`` is for one.
public final class DatagramPort: Sendable {
  /// How many datagrams wait for who reads them; what comes then is dropped, and counted.
  public static let capacity = 1_024

  /// The port's number.
  public let number: UInt16
  /// What comes for it, in the order of arrival, until the port is closed.
  public let datagrams: AsyncStream<Datagram>
  private let tunnels: Tunnels
  private let queue: DatagramQueue

  init(_ tunnels: Tunnels, _ number: UInt16, _ queue: DatagramQueue, _ datagrams: AsyncStream<Datagram>) {
    self.tunnels = tunnels
    self.number = number
    self.queue = queue
    self.datagrams = datagrams
  }

  deinit { close() }

  /// Sends a datagram from this port. See ``Tunnels/send(_:to:port:from:)``.
  ///
  /// - Parameters:
  ///   - payload: 0 to ``Tunnels/maximumPayloadLength`` bytes.
  ///   - peer: Whom it is for.
  ///   - port: Which port of the peer's.
  /// - Throws: As ``Tunnels/send(_:to:port:from:)``.
  public func send(_ payload: [UInt8], to peer: NodeID, port: UInt16) throws(TransportError) {
    try tunnels.send(payload.span.raw, to: peer, port: port, from: number)
  }

  /// How many datagrams were dropped because ``capacity`` others waited.
  public var dropped: UInt64 { queue.dropped.load(ordering: .relaxed) }

  /// Gives the port back: ``datagrams`` ends. From any thread, as often as one likes.
  public func close() {
    tunnels.unbind(number, queue)
    queue.finish()
  }
}

/// The sink that keeps datagrams for who waits for them.
final class DatagramQueue: DatagramSink {
  let dropped = Atomic<UInt64>(0)
  private let continuation: AsyncStream<Datagram>.Continuation

  init(_ continuation: AsyncStream<Datagram>.Continuation) { self.continuation = continuation }

  func receive(_ payload: RawSpan, from peer: NodeID, port: UInt16, to local: UInt16) {
    let datagram = Datagram(peer: peer, port: port, payload: payload.copied())
    if case .dropped = continuation.yield(datagram) { dropped.wrappingAdd(1, ordering: .relaxed) }
  }

  func drained() {}

  func ended() { finish() }

  func finish() { continuation.finish() }
}
