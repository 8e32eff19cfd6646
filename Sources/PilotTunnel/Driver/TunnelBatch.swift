import PilotNode
public import PilotTransport
public import PilotWire

/// Datagrams that are sealed where they lie and sent together: reusable memory of a fixed size.
///
/// ```swift
/// var batch = tunnels.makeBatch()
/// _ = try batch.append(payload, to: peer, port: 7, from: port.number)
/// batch.send()
/// ```
public struct TunnelBatch: ~Copyable, Sendable {
  private let tunnels: Tunnels
  private var relayed: NodeBatch
  private var direct: FrameBatch
  /// Whom the datagrams in it are for, most often one, and how they go as long as they are in it.
  private var bound: [Bound] = []

  init(_ tunnels: Tunnels, byteCapacity: Int, capacity: Int) {
    self.tunnels = tunnels
    relayed = tunnels.node.makeBatch(byteCapacity: byteCapacity, payloadCapacity: capacity)
    direct = FrameBatch(byteCapacity: byteCapacity, frameCapacity: capacity)
  }

  /// Whether nothing is in it.
  public var isEmpty: Bool { relayed.isEmpty && direct.isEmpty }

  /// How many datagrams are in it.
  public var count: Int { relayed.count + direct.count }

  /// Seals a datagram into the batch. One that has to wait for a session isn't put into it, and leaves by itself.
  ///
  /// - Parameters:
  ///   - payload: As ``Tunnels/send(_:to:port:from:)``.
  ///   - peer: Whom it is for.
  ///   - port: Which port of the peer's.
  ///   - source: Which port of this node's an answer goes to.
  /// - Returns: Whether it was taken. If not, send what is there first.
  /// - Throws: As ``Tunnels/send(_:to:port:from:)``.
  public mutating func append(
    _ payload: RawSpan, to peer: NodeID, port: UInt16, from source: UInt16
  ) throws(TransportError) -> Bool {
    let place = find(peer)
    let header = PacketHeader(.datagram, from: tunnels.id, source, to: peer, port)
    if payload.byteCount > tunnels.maximumPayloadLength { return try appendFragments(header, payload, at: place) }
    return try append(header, payload, at: place)
  }

  private mutating func append(
    _ header: PacketHeader, _ payload: RawSpan, at place: Int
  ) throws(TransportError) -> Bool {
    if bound[place].sealed == nil {
      bound[place].sealed = try tunnels.sealedRoute(to: bound[place].peer, header, payload)
    }
    guard let sealed = bound[place].sealed else { return true }
    let peer = bound[place].id
    if sealed.isDoubted { return try appendTwice(header, payload, to: peer, sealed) }
    var failure: SealingError?
    let length = Sealer.overhead + payload.byteCount
    let isTaken =
      switch sealed.route {
      case .relay:
        relayed.append(length: length, to: peer) { output in
          failure = Self.seal(header, payload, by: sealed.sealer, into: &output)
        }
      case .direct(let endpoint):
        direct.append(length: length, to: endpoint) { output in
          failure = Self.seal(header, payload, by: sealed.sealer, into: &output)
        }
      }
    if let failure { throw Tunnels.error(failure) }
    return isTaken
  }

  /// A datagram that no frame takes, in several: all of them go into the batch, which is sent in between where it is full.
  private mutating func appendFragments(
    _ header: PacketHeader, _ payload: RawSpan, at place: Int
  ) throws(TransportError) -> Bool {
    let peer = bound[place].peer
    for fragment in try tunnels.fragments(of: payload.byteCount, to: peer) {
      let (header, part) = (fragment.header(of: header), payload.extracting(fragment.range))
      // Sending forgets who was found.
      var place = find(peer.id)
      if try append(header, part, at: place) { continue }
      try send()
      place = find(peer.id)
      guard try append(header, part, at: place) else { throw .backpressure }
    }
    return true
  }

  /// One frame by both routes, while the direct one is in doubt: the peer takes whichever comes first.
  private mutating func appendTwice(
    _ header: PacketHeader, _ payload: RawSpan, to peer: NodeID, _ sealed: SealedRoute
  ) throws(TransportError) -> Bool {
    let frame: [UInt8]
    do throws(SealingError) {
      frame = try sealed.sealer.sealed(header, payload)
    } catch {
      throw Tunnels.error(error)
    }
    // What isn't taken is sealed anew, as another frame: so the one is in first that decides.
    guard relayed.append(frame.span.raw, to: peer) else { return false }
    if case .direct(let endpoint) = sealed.route { _ = direct.append(frame.span.raw, to: endpoint) }
    return true
  }

  /// A frame that can't be sealed is filled with zeros, and is nothing to whoever gets it.
  @_lifetime(output: copy output)
  private static func seal(
    _ header: PacketHeader, _ payload: RawSpan, by sealer: Sealer, into output: inout OutputRawSpan
  ) -> SealingError? {
    do throws(SealingError) {
      try sealer.seal(header, payload, into: &output)
      return nil
    } catch {
      for _ in 0..<Sealer.overhead + payload.byteCount { output.append(UInt8(0)) }
      return error
    }
  }

  private mutating func find(_ id: NodeID) -> Int {
    for place in bound.indices where bound[place].id == id { return place }
    if bound.count == Self.peerLimit { bound.removeFirst() }
    bound.append(Bound(tunnels.peer(id)))
    return bound.count - 1
  }

  /// More peers than these aren't kept at hand.
  private static let peerLimit = 16

  /// Sends what is in it, and empties it. What the transports don't take is dropped, and counted.
  ///
  /// - Throws: Why not all were taken.
  public mutating func send() throws(TransportError) {
    for each in bound { tunnels.mark(each.peer) }
    defer { bound.removeAll(keepingCapacity: true) }
    var failure: TransportError?
    while !relayed.isEmpty {
      do throws(TransportError) {
        relayed.removeFirst(try tunnels.node.send(contentsOf: relayed))
      } catch {
        failure = error
        relayed.forEachPeer { countRefused(for: $0) }
        relayed.removeAll()
      }
    }
    while !direct.isEmpty {
      do throws(TransportError) {
        direct.removeFirst(try tunnels.node.send(directly: direct))
      } catch {
        failure = error
        dropFront(because: error)
      }
    }
    if let failure { throw failure }
  }

  /// The direct frame in front can't be sent: it alone is dropped, and its peer's frames go by the relay from now on. All of them where
  /// nothing can be sent at all.
  private mutating func dropFront(because error: TransportError) {
    let isAboutAll = error.code == .closed || error.code == .backpressure
    var count = isAboutAll ? direct.count : 1
    var front = count
    direct.forEach { frame, endpoint in
      guard front > 0 else { return }
      front -= 1
      countRefused(at: endpoint)
      if !isAboutAll { tunnels.drive { $0.unreachable(endpoint, quoting: frame, at: .now()) } }
    }
    count = min(count, direct.count)
    direct.removeFirst(count)
  }

  private func countRefused(for peer: NodeID) {
    if let bound = bound.first(where: { $0.id == peer }) {
      bound.peer.refused.count()
    } else {
      tunnels.peer(peer).refused.count()
    }
  }

  private func countRefused(at endpoint: Endpoint) {
    guard let bound = bound.first(where: { $0.sealed?.route == .direct(endpoint) }) else {
      return tunnels.tally.refusedByNode.count()
    }
    bound.peer.refused.count()
  }
}

/// A peer that datagrams of a batch are for.
private struct Bound {
  let id: NodeID
  let peer: TunnelPeer
  /// How they go: as it was when the first of them came. Nil as long as none has found a session.
  var sealed: SealedRoute?

  init(_ peer: TunnelPeer) { (id, self.peer) = (peer.id, peer) }
}

extension Tunnels {
  /// Memory for datagrams that are to be sent together.
  ///
  /// - Parameters:
  ///   - byteCapacity: Room for this many bytes by each route, 79 of them around each payload. Default 256 KiB.
  ///   - capacity: Room for this many datagrams by each sealed. Default 512.
  public func makeBatch(byteCapacity: Int = 262_144, capacity: Int = 512) -> TunnelBatch {
    TunnelBatch(self, byteCapacity: byteCapacity, capacity: capacity)
  }
}
