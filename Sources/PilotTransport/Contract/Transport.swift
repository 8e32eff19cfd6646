public import PilotWire

/// Carries datagrams: one frame in, one frame out.
///
/// A transport keeps what a datagram is: boundaries, length and bytes, the empty frame included. It promises no delivery
/// and no order, unless its own documentation does. Everything above it is the same whether the frames travel over a
/// UDP socket or inside one WebSocket connection to a beacon.
///
/// **Life.** A transport is live when its maker returns it, and until ``close()``. Nothing but `close()` ends it: a
/// lost connection, an unreachable peer or a malformed message shows as an event and in the counters, while receiving
/// goes on.
///
/// **Concurrency.** ``send(_:to:)``, ``send(contentsOf:)``, ``close()`` and the properties may be used from any task or
/// thread at any time. There is one reader, the ``Receiver``: that one task uses it at a time is the compiler's doing, that
/// ``makeReceiver()`` hands out one is checked when it is called.
///
/// **Waiting.** Sending never waits for the network: what can't be taken at once is refused with an error whose
/// ``TransportError/retry`` says whether to try again. Everything taken and then dropped is counted in ``counters`` by
/// reason.
public protocol Transport: AnyObject, Sendable {
  /// Where this transport receives: the bound address for UDP, `Endpoint.wssLocal` over WSS.
  ///
  /// It is known as long as the transport exists, also after `close()`.
  var localEndpoint: Endpoint { get }

  /// The longest frame this transport takes, in bytes: 65,535 over WSS, 65,507 over UDP on IPv4, 65,527 on IPv6.
  ///
  /// What reaches the peer in one piece may be shorter: UDP fragments above the path's MTU, and networks lose fragments.
  var maximumFrameLength: Int { get }

  /// What went through and what was dropped so far.
  var counters: TransportCounters { get }

  /// What happened beside frames, oldest first, for any number of consumers; see ``TransportEvents``.
  var events: TransportEvents { get }

  /// How long packets to a destination may be, as far as this machine knows. From any thread, at any time; sends nothing.
  ///
  /// - Returns: nil where nobody knows, as over WSS: TCP cuts its packets by itself. A transport that says nothing of its own says this.
  func pathMTU(to destination: Endpoint) -> PathMTU?

  /// Hands out the one receiver. Merge it with another transport's to read both (``Receiver/merging(_:_:)``).
  ///
  /// - Throws: ``TransportError/Code-swift.struct/receiverTaken`` from the second call on, and
  ///   ``TransportError/Code-swift.struct/closed`` after `close()`.
  func makeReceiver() throws(TransportError) -> Receiver

  /// Sends one frame as one datagram.
  ///
  /// - Parameters:
  ///   - frame: 0 to ``maximumFrameLength`` bytes, borrowed for the call.
  ///   - destination: Where to. A transport with a single peer, such as WSS, takes only that peer's endpoint.
  /// - Throws: `.frameTooLarge` and nothing is sent; `.emptyFrame`, likewise, where the peer may not survive it;
  ///   `.backpressure` when a queue is full; `.reconnecting` while a
  ///   connection is being re-established; `.invalidDestination` for what this transport doesn't reach, and nothing is
  ///   sent elsewhere instead; `.unreachable` when this machine has no route;
  ///   `.system`; `.closed` after `close()`.
  func send(_ frame: RawSpan, to destination: Endpoint) throws(TransportError)

  /// Sends one frame whose first bytes lie elsewhere, as one datagram: for who puts a header in front of a payload, and
  /// would have to copy it. A transport that can, sends both parts from where they lie; what it has from this protocol
  /// copies them.
  ///
  /// - Parameters:
  ///   - header: The frame's first bytes, borrowed for the call.
  ///   - payload: The others, likewise. Together at most ``maximumFrameLength``.
  ///   - destination: As for ``send(_:to:)``.
  /// - Throws: As ``send(_:to:)``.
  func send(header: RawSpan, payload: RawSpan, to destination: Endpoint) throws(TransportError)

  /// Sends the frames of a batch in their order, for less than the price of sending them one by one.
  ///
  /// The batch is left as it is; ``FrameBatch/removeAll()`` or ``FrameBatch/removeFirst(_:)`` empties it for the next
  /// turn.
  ///
  /// - Parameter batch: Frames with their destinations, each within ``maximumFrameLength``.
  /// - Returns: How many frames were taken, counted from the front. Fewer than all means that the next one would have
  ///   thrown: send the rest later, or drop it.
  /// - Throws: As ``send(_:to:)``, when not even the first frame was taken.
  func send(contentsOf batch: borrowing FrameBatch) throws(TransportError) -> Int

  /// Ends the transport: at once, for good, from anywhere, as often as you like.
  ///
  /// A receive that waits ends within 100 ms. From then on send and receive throw `.closed`; frames that were received
  /// and not yet read are gone, and so are those taken and not yet sent, both counted. ``events`` ends after `.closed`.
  func close()
}

extension Transport {
  /// Nothing is known of paths.
  public func pathMTU(to destination: Endpoint) -> PathMTU? { nil }
}
