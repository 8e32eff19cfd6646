public import PilotTransport
public import PilotWire

extension Node {
  /// Sends a payload to another node through the beacon, and never waits.
  ///
  /// That it was taken says nothing about its arrival. Before the node is ready the beacon may drop it.
  ///
  /// - Parameters:
  ///   - payload: 0 to ``maximumPayloadLength`` bytes, borrowed for the call.
  ///   - peer: Whom it is for.
  /// - Throws: What the transport throws: `.frameTooLarge`, `.backpressure`, `.reconnecting`, `.unreachable`, `.system`,
  ///   `.closed`. Nothing was sent then.
  public func send(_ payload: RawSpan, to peer: NodeID) throws(TransportError) {
    let header = RelayHeaderBytes(sender: driver.id, destination: peer)
    try driver.transport.send(header: header.bytes, payload: payload, to: driver.beacon)
    driver.tally.messagesSent.count()
  }

  /// Sends an array. See ``send(_:to:)-(RawSpan,NodeID)``.
  public func send(_ payload: [UInt8], to peer: NodeID) throws(TransportError) {
    try send(payload.span.raw, to: peer)
  }

  /// Sends the payloads of a batch in their order, for less than the price of sending them one by one.
  ///
  /// - Returns: How many were taken, counted from the front; ``NodeBatch/removeFirst(_:)`` drops them.
  /// - Throws: As ``send(_:to:)-(RawSpan,NodeID)``, when not even the first was taken.
  public func send(contentsOf batch: borrowing NodeBatch) throws(TransportError) -> Int {
    let taken = try driver.transport.send(contentsOf: batch.frames)
    driver.tally.messagesSent.count(UInt64(taken))
    return taken
  }

  /// Sends a frame as it is: to the beacon (``beacon``), or over UDP directly to a peer's address.
  ///
  /// - Throws: As ``send(_:to:)-(RawSpan,NodeID)``; `.invalidDestination` for what the transport doesn't reach: over WSS
  ///   that is everything but the beacon.
  public func send(frame: RawSpan, to endpoint: Endpoint) throws(TransportError) {
    try driver.transport.send(frame, to: endpoint)
    driver.tally.framesSent.count()
  }

  /// Memory for payloads that are to be sent together.
  ///
  /// - Parameters:
  ///   - byteCapacity: Room for this many bytes, 9 of them for each payload's header. Default 512 KiB.
  ///   - payloadCapacity: Room for this many payloads, at least. Default 1,024.
  public func makeBatch(byteCapacity: Int = 524_288, payloadCapacity: Int = 1_024) -> NodeBatch {
    NodeBatch(driver, FrameBatch(byteCapacity: byteCapacity, frameCapacity: payloadCapacity))
  }
}

/// Payloads with the nodes that they are for, to be sent together: reusable memory of a fixed size.
public struct NodeBatch: ~Copyable, Sendable {
  private let driver: NodeDriver
  var frames: FrameBatch

  init(_ driver: NodeDriver, _ frames: consuming FrameBatch) {
    self.driver = driver
    self.frames = frames
  }

  /// How many payloads are in it.
  public var count: Int { frames.count }
  /// Whether there are none.
  public var isEmpty: Bool { frames.isEmpty }

  /// Copies a payload into the batch.
  ///
  /// - Returns: Whether it fitted. If not, send what is there first.
  public mutating func append(_ payload: RawSpan, to peer: NodeID) -> Bool {
    let header = RelayHeaderBytes(sender: driver.id, destination: peer)
    return frames.append(header: header.bytes, payload: payload, to: driver.beacon)
  }

  /// Copies an array into the batch. See ``append(_:to:)-(RawSpan,NodeID)``.
  public mutating func append(_ payload: [UInt8], to peer: NodeID) -> Bool { append(payload.span.raw, to: peer) }

  /// Drops the first payloads, after the node took just these.
  public mutating func removeFirst(_ count: Int) { frames.removeFirst(count) }

  /// Empties the batch and keeps its memory.
  public mutating func removeAll() { frames.removeAll() }
}

/// The 9 bytes in front of a relayed payload, on the stack: the end of two words in the order of the network.
struct RelayHeaderBytes {
  private let words: InlineArray<2, UInt64>

  @inline(__always)
  init(sender: NodeID, destination: NodeID) {
    words = [
      UInt64(BeaconMessageType.relay.rawValue).bigEndian,
      (UInt64(sender.rawValue) << 32 | UInt64(destination.rawValue)).bigEndian,
    ]
  }

  var bytes: RawSpan {
    @inline(__always) @_lifetime(borrow self)
    get {
      // SAFETY: UInt64 has no padding: each byte of the words is initialised.
      unsafe words.span.bytes.extracting(last: Relay.headerLength)
    }
  }
}
