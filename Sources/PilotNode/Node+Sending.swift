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
    let driver = driver
    try RelayHeaderBytes(sender: driver.id, destination: peer).lend { header throws(TransportError) in
      guard driver.carriageWord == .plain else { return try driver.send(header: header, payload: payload) }
      do throws(TransportError) {
        try driver.outlet.send(header: header, payload: payload, to: driver.firstAddress)
      } catch {
        try driver.send(header: header, payload: payload, refusedWith: error)
      }
    }
    driver.tally.messagesSent.count()
  }

  /// Sends an array. See ``send(_:to:)-(RawSpan,NodeID)``.
  public func send(_ payload: [UInt8], to peer: NodeID) throws(TransportError) {
    try send(payload.span.raw, to: peer)
  }

  /// Sends the payloads of a batch in their order, for less than the price of sending them one by one.
  ///
  /// - Returns: How many were taken, counted from the front; ``NodeBatch/removeFirst(_:)`` drops them.
  /// - Throws: As ``send(_:to:)-(RawSpan,NodeID)``, when not even the first was taken; `.invalidDestination` for a batch
  ///   of another node's, whose payloads say that they are from there.
  public func send(contentsOf batch: borrowing NodeBatch) throws(TransportError) -> Int {
    guard batch.driver === driver else {
      throw TransportError(code: .invalidDestination, message: "the batch is another node's; makeBatch() of this one")
    }
    let taken =
      driver.carriageWord == .plain && batch.isPlain
      ? try sendPlainly(batch.frames) : try driver.send(contentsOf: batch.frames)
    driver.tally.messagesSent.count(UInt64(taken))
    return taken
  }

  private func sendPlainly(_ frames: borrowing FrameBatch) throws(TransportError) -> Int {
    do throws(TransportError) {
      return try driver.outlet.transport.send(contentsOf: frames)
    } catch {
      guard driver.refused(PathID(0), error.code) else { throw error }
      return try driver.send(contentsOf: frames)
    }
  }

  /// Sends a frame as it is: to the beacon, by whichever path carries (``beacon``, or the address of any path's), or over UDP
  /// directly to a peer's address.
  ///
  /// - Throws: As ``send(_:to:)-(RawSpan,NodeID)``; `.invalidDestination` for what the transports don't reach: over WSS
  ///   that is everything but the beacon.
  public func send(frame: RawSpan, to endpoint: Endpoint) throws(TransportError) {
    if driver.ports.contains(where: { $0.beacon == endpoint }) {
      try driver.send(header: RawSpan(), payload: frame)
    } else {
      let datagrams = driver.ports.first { $0.path.kind == .datagrams } ?? driver.ports[0]
      try datagrams.transport.send(frame, to: endpoint)
    }
    driver.tally.framesSent.count()
  }

  /// Sends frames directly to peers' addresses, over UDP: a batch of them for the price of one.
  ///
  /// - Returns: How many were taken, counted from the front.
  /// - Throws: As ``send(frame:to:)``, when not even the first was taken.
  package func send(directly batch: borrowing FrameBatch) throws(TransportError) -> Int {
    let datagrams = driver.ports.first { $0.path.kind == .datagrams } ?? driver.ports[0]
    let taken = try datagrams.transport.send(contentsOf: batch)
    driver.tally.framesSent.count(UInt64(taken))
    return taken
  }

  /// Memory for payloads that are to be sent together, by this node.
  ///
  /// - Parameters:
  ///   - byteCapacity: Room for this many bytes, 9 of them for each payload's header. Default 512 KiB.
  ///   - payloadCapacity: Room for this many payloads, at least. Default 1,024.
  public func makeBatch(byteCapacity: Int = 524_288, payloadCapacity: Int = 1_024) -> NodeBatch {
    NodeBatch(driver, FrameBatch(byteCapacity: byteCapacity, frameCapacity: payloadCapacity))
  }
}

/// Payloads with the nodes that they are for, to be sent together: reusable memory of a fixed size.
///
/// It belongs to the node that made it, which is in front of each payload as its sender.
public struct NodeBatch: ~Copyable, Sendable {
  let driver: NodeDriver
  var frames: FrameBatch
  /// Whether all are for the first path's beacon at its first address.
  private(set) var isPlain = true

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
    guard driver.carriageWord == .plain else { return appendByCarriage(payload, to: peer) }
    return append(payload, to: peer, at: driver.firstAddress)
  }

  /// The beacon is at another of its addresses, or another path carries. Never inlined, so that this costs nothing where it is
  /// not so.
  @inline(never)
  private mutating func appendByCarriage(_ payload: RawSpan, to peer: NodeID) -> Bool {
    isPlain = false
    return append(payload, to: peer, at: driver.beacon)
  }

  @inline(__always)
  private mutating func append(_ payload: RawSpan, to peer: NodeID, at beacon: Endpoint) -> Bool {
    frames.append(
      type: BeaconMessageType.relay.rawValue, number: RelayHeaderBytes.ids(from: driver.id, to: peer), payload: payload,
      to: beacon)
  }

  /// Has a closure write a payload into the batch, where it is sent from.
  ///
  /// - Parameters:
  ///   - length: How long the payload will be, in bytes.
  ///   - peer: Whom it is for.
  ///   - body: Called if it fits. It has to write all of the payload; anything else is a programming error, and traps.
  /// - Returns: Whether it fitted. If not, send what is there first.
  public mutating func append(
    length: Int, to peer: NodeID, initializingWith body: (inout OutputRawSpan) -> Void
  ) -> Bool {
    let isPlainNow = driver.carriageWord == .plain
    if !isPlainNow { isPlain = false }
    let header = RelayHeaderBytes(sender: driver.id, destination: peer)
    return frames.append(
      length: Relay.headerLength + length, to: isPlainNow ? driver.firstAddress : driver.beacon
    ) { output in
      header.lend { output.append(contentsOf: $0) }
      body(&output)
    }
  }

  /// Copies an array into the batch. See ``append(_:to:)-(RawSpan,NodeID)``.
  public mutating func append(_ payload: [UInt8], to peer: NodeID) -> Bool { append(payload.span.raw, to: peer) }

  /// Calls a closure with whom each payload is for, in order.
  package borrowing func forEachPeer(_ body: (NodeID) -> Void) {
    frames.forEach { frame, _ in
      if let relay = try? Relay(parsing: frame) { body(relay.destination) }
    }
  }

  /// Drops the first payloads, after the node took just these.
  public mutating func removeFirst(_ count: Int) { frames.removeFirst(count) }

  /// Empties the batch and keeps its memory.
  public mutating func removeAll() {
    frames.removeAll()
    isPlain = true
  }
}
