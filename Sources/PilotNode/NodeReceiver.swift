public import PilotTransport
import PilotWire

/// The reading end of a node: states and frames, in one order, for one task. It can't be copied.
///
/// ```swift
/// var receiver = try node.makeReceiver()
/// while let event = try await receiver.next() {
///   switch event {
///   case .state(let state): print(state)
///   case .message(let message): print(message.sender, message.payload.byteCount)
///   case .gone(let node, _): print(node, "isn't there")
///   default: break
///   }
/// }
/// // The node has left.
/// ```
public struct NodeReceiver: ~Copyable, Sendable {
  private var receiver: Receiver
  private let hold: NodeHold
  /// The hold's, at hand for every frame.
  private let driver: NodeDriver

  init(_ receiver: consuming Receiver, of hold: NodeHold) {
    hold.driver.setReader(receiver.interrupter)
    self.receiver = receiver
    self.hold = hold
    driver = hold.driver
  }

  /// The next event, as soon as there is one; nil when the node has left, after ``NodeState/closed``.
  ///
  /// What it holds is lent until this receiver is used again: keeping it longer doesn't compile.
  ///
  /// - Throws: `.cancelled` when the task is cancelled while it waits, and the receiver is as good as before; `.system`
  ///   when the transport can't be read.
  @_lifetime(&self)
  public mutating func next() async throws(TransportError) -> NodeEvent? {
    while true {
      if let change = driver.states.takeFirst() { return NodeEvent(change) }
      if driver.states.isEnded { return nil }
      guard try await fill() else { continue }
      let driver = driver
      // SAFETY: the frames live until the receiver is filled again, which needs exclusive access to self, and that the
      // event's lifetime holds.
      switch look() {
      case nil: continue
      case .probe:
        driver.tally.probesReceived.count()
        receiver.skipFrame()
      case .gone(let node):
        driver.tally.countGone()
        return unsafe _overrideLifetime(.gone(node, Self.frame(receiver.takeFrame())), mutating: &self)
      case .control:
        driver.tally.controlReceived.count()
        return unsafe _overrideLifetime(.control(Self.frame(receiver.takeFrame())), mutating: &self)
      case .direct:
        driver.tally.directReceived.count()
        return unsafe _overrideLifetime(.direct(Self.frame(receiver.takeFrame())), mutating: &self)
      case .message:
        let frame = unsafe receiver.takeFrame()
        // The look has found a delivery in it.
        guard let delivery = Delivery(frame.bytes, for: driver.id) else { continue }
        driver.countReceived(delivery.payload.byteCount, from: frame.source)
        let message = NodeMessage(sender: delivery.sender, payload: delivery.payload)
        return unsafe _overrideLifetime(NodeEvent.message(message), mutating: &self)
      }
    }
  }

  /// Lends every event to a closure, one after the other, until the node has left: the usual loop, and the cheapest one.
  ///
  /// - Parameters:
  ///   - body: Called with each event, which can't leave it. What it throws ends the loop; `.closed` once the node has left
  ///     ends it without an error.
  ///   - whenDrained: Called each time that all which had arrived has been lent, before more is waited for: the place to
  ///     send what was gathered meanwhile.
  /// - Throws: `.cancelled` when the task is cancelled while it waits, `.system` when the transport can't be read, and what
  ///   the closures throw.
  public mutating func forEach(
    _ body: (NodeEvent) throws(TransportError) -> Void,
    whenDrained: () async throws(TransportError) -> Void = {}
  ) async throws(TransportError) {
    let driver = driver
    while !driver.states.isEnded {
      do throws(TransportError) {
        if let change = driver.states.takeFirst() {
          try body(NodeEvent(change))
        } else if try await fill(), try lendFrames(body) {
          try await whenDrained()
        }
      } catch {
        // Whoever answers over the same node needs no case for its end; what is left then are states.
        guard error.code == .closed, driver.isClosed || receiver.isClosed else { throw error }
        driver.close()
      }
    }
  }

  /// Lends every message to a closure until the node has left, for who doesn't care about anything else. As
  /// ``forEach(_:whenDrained:)``.
  public mutating func forEachMessage(
    _ body: (NodeMessage) throws(TransportError) -> Void
  ) async throws(TransportError) {
    try await forEach { event throws(TransportError) in
      if case .message(let message) = event { try body(message) }
    }
  }

  /// Reads until the node is ready. Messages stay for the reader, and so do the states; direct frames are dropped.
  ///
  /// - Throws: `.timedOut` when it is unreachable instead; `.closed`, `.cancelled`, `.system`.
  mutating func waitUntilReady() async throws(TransportError) {
    while true {
      for change in driver.states.waiting {
        guard case .state(let state) = change else { continue }
        switch state {
        case .ready: return
        case .unreachable(let hindrance): throw hindrance.error(at: driver.beacon)
        case .reconnecting(let reason, _, _): throw reason
        case .closed: throw .closed
        case .joining: continue
        }
      }
      guard try await fill() else { continue }
      switch look() {
      case nil, .message: continue
      case .probe: driver.tally.probesReceived.count()
      case .gone: driver.tally.countGone()
      case .control: driver.tally.controlReceived.count()
      case .direct: driver.tally.directDropped.count()
      }
      receiver.skipFrame()
    }
  }

  // MARK: Frames

  /// Waits until there is a frame.
  ///
  /// - Returns: False if something else is to be done first.
  private mutating func fill() async throws(TransportError) -> Bool {
    driver.beginReading()
    defer { driver.endReading() }
    do throws(TransportError) {
      return try await receiver.fill()
    } catch {
      guard error.code == .closed else { throw error }
      driver.close()
      return false
    }
  }

  /// What the next frame is; nil if states have to be told before it.
  private func look() -> BeaconLink.Reception? {
    let driver = driver
    let frame = receiver.nextFrame
    if Self.message(in: frame.bytes, from: frame.source, readyAt: driver) != nil { return .message }
    if Self.messageElsewhere(in: frame.bytes, from: frame.source, readyAt: driver) != nil { return .message }
    return Self.look(frame.bytes, from: frame.source, of: driver)
  }

  /// What a frame is, as the machine sees it; nil if it is a message that has first shown that the node is reachable. Looking
  /// at that twice changes nothing more.
  private static func look(
    _ bytes: RawSpan, from source: Endpoint, of driver: NodeDriver
  ) -> BeaconLink.Reception? {
    let reception = driver.received(bytes, from: source)
    return reception == .message && !driver.states.isEmpty ? nil : reception
  }

  /// The message that a frame is, where nobody has to be asked: it is from the first path's beacon, the node is ready, that has
  /// been told, and its frames to itself are no part of it.
  @inline(__always) @_lifetime(copy bytes)
  private static func message(in bytes: RawSpan, from source: Endpoint, readyAt driver: NodeDriver) -> NodeMessage? {
    guard driver.isOpen, source == driver.firstAddress,
      let delivery = Delivery(bytes, for: driver.id), delivery.sender != driver.id
    else { return nil }
    return NodeMessage(sender: delivery.sender, payload: delivery.payload)
  }

  /// The same for what is from another path's beacon, or from another address of the first one's. Never inlined, so that it costs
  /// nothing where there is neither.
  @inline(never) @_lifetime(copy bytes)
  private static func messageElsewhere(
    in bytes: RawSpan, from source: Endpoint, readyAt driver: NodeDriver
  ) -> NodeMessage? {
    guard driver.lends(from: source), let delivery = Delivery(bytes, for: driver.id), delivery.sender != driver.id
    else { return nil }
    return NodeMessage(sender: delivery.sender, payload: delivery.payload)
  }

  @unsafe @_lifetime(immortal)
  private static func frame(_ frame: consuming Frame) -> NodeFrame {
    unsafe _overrideLifetime(NodeFrame(frame.bytes, from: frame.source, local: frame.local), copying: ())
  }

  /// Lends frames until there are none left, or states have to be told.
  ///
  /// - Returns: Whether there are none left.
  private mutating func lendFrames(
    _ body: (NodeEvent) throws(TransportError) -> Void
  ) throws(TransportError) -> Bool {
    let driver = driver
    var messages: UInt64 = 0
    var bytes: UInt64 = 0
    defer { driver.firstPort.tally.countReceived(messages, bytes: bytes) }
    return try receiver.lendWhileTaken { frame, source, local throws(TransportError) in
      guard let message = Self.message(in: frame, from: source, readyAt: driver) else {
        return try Self.lend(NodeFrame(frame, from: source, local: local), of: driver, to: body)
      }
      messages &+= 1
      bytes &+= UInt64(truncatingIfNeeded: message.payload.byteCount)
      try body(.message(message))
      return true
    }
  }

  /// Lends a frame that is no message of the first path's.
  ///
  /// - Returns: False if states have to be told before.
  @inline(never)
  private static func lend(
    _ frame: NodeFrame, of driver: NodeDriver, to body: (NodeEvent) throws(TransportError) -> Void
  ) throws(TransportError) -> Bool {
    if let message = messageElsewhere(in: frame.bytes, from: frame.source, readyAt: driver) {
      driver.countReceived(message.payload.byteCount, from: frame.source)
      try body(.message(message))
      return true
    }
    guard driver.states.isEmpty else { return false }
    if driver.isPeers(frame.bytes, from: frame.source) {
      driver.tally.directReceived.count()
      try body(.direct(frame))
      return true
    }
    switch look(frame.bytes, from: frame.source, of: driver) {
    case nil: return false
    case .message:
      // The look has found a delivery in it.
      guard let delivery = Delivery(frame.bytes, for: driver.id) else { return true }
      driver.countReceived(delivery.payload.byteCount, from: frame.source)
      try body(.message(NodeMessage(sender: delivery.sender, payload: delivery.payload)))
    case .probe:
      driver.tally.probesReceived.count()
    case .gone(let node):
      driver.tally.countGone()
      try body(.gone(node, frame))
    case .control:
      driver.tally.controlReceived.count()
      try body(.control(frame))
    case .direct:
      driver.tally.directReceived.count()
      try body(.direct(frame))
    }
    return true
  }
}

extension NodeEvent {
  @_lifetime(immortal)
  fileprivate init(_ change: NodeChange) {
    switch change {
    case .state(let state): self = .state(state)
    case .switched(let change): self = .switched(change)
    }
  }
}

extension NodeState.Hindrance {
  /// Why a node could not join.
  func error(at beacon: Endpoint) -> TransportError {
    if case .unresolved = self {
      return TransportError(code: .resolveFailed, message: "\(self); check it and the name server")
    }
    return TransportError(
      code: .timedOut, message: "\(self) (\(beacon)); check its address, and whether UDP gets through")
  }
}
