import NIOCore
package import PilotTransport
import PilotWire

/// One connection to a beacon, from the upgrade on: the authentication, then frames, then its end. Confined to its event
/// loop.
package final class ClientConnection {
  private let configuration: WSSTransport.Configuration
  private let subprotocol: PilotSubprotocol
  private var peer: WSSClientPeer?
  private var hasEnded = false
  private var isEstablished = false
  /// That the beacon sends the node away, said before ``onDrain`` could be set.
  private var toldAtOnce: DrainNotice?
  /// Called once when frames can flow.
  var onEstablished: (() -> Void)?
  /// Called once when the connection has ended, unless ``close()`` came first.
  package var onEnd: ((TransportError) -> Void)?
  /// Called when the beacon says that it is about to end; whether it is believed. The connection must not be touched from within.
  var onDrain: ((DrainNotice) -> Bool)?

  init(_ configuration: WSSTransport.Configuration, speaking subprotocol: PilotSubprotocol) {
    self.configuration = configuration
    self.subprotocol = subprotocol
  }

  /// Whether the beacon is of this project: it has chosen `pilot.v2`.
  var isOwn: Bool { subprotocol.isOwn }

  /// How long the beacon took to answer the authentication; nil until it has.
  var roundTrip: Duration? { peer?.roundTrip }

  /// Begins on a channel whose bytes are those of a WebSocket.
  func start(on channel: any Channel, inbound: FrameQueue, outbound: OutboundQueue) throws {
    let authentication = WSSClientAuthentication(
      node: configuration.node, identity: configuration.identity,
      dialling: subprotocol == .v2 ? configuration.beacon.name : nil)
    let peer = WSSClientPeer(
      authentication: authentication, inbound: inbound, beacon: configuration.beaconEndpoint,
      onEstablished: { [weak self] in self?.established(inbound, outbound) },
      onDrain: { [weak self] notice in self?.told(notice) ?? false },
      onEnd: { [weak self] end, wasEstablished in self?.ended(end, wasEstablished) })
    self.peer = peer
    var times = WebSocketTimes()
    times.keepalive = configuration.keepalive
    times.authentication = configuration.dialLimit
    times.closing = .seconds(1)
    try channel.pipeline.syncOperations.addHandler(
      WebSocketChannelHandler(role: .client, peer: peer, outbound: outbound, times: times))
  }

  /// Ends the connection with a Close, without a call to ``onEnd``.
  package func close() { end(by: .close(WebSocketCloseFrame(.normal))) }

  /// As ``close()``, when what waits has been sent; what comes until the beacon's own Close is handed over.
  func leave() { end(by: .leave(WebSocketCloseFrame(.normal))) }

  /// Ends the connection without a word, and without a call to ``onEnd``: nobody is believed to hear one.
  func abandon() { end(by: .abandon) }

  private func end(by reaction: WebSocketReaction) {
    onEstablished = nil
    onEnd = nil
    onDrain = nil
    peer?.link?.perform(reaction)
  }

  private func told(_ notice: DrainNotice) -> Bool {
    guard !isEstablished else { return onDrain?(notice) ?? false }
    // It came in one read with auth_ok, and nobody has taken the connection over yet.
    toldAtOnce = notice
    return true
  }

  private func established(_ inbound: FrameQueue, _ outbound: OutboundQueue) {
    isEstablished = true
    if isOwn {
      configuration.beacon.name.map { configuration.knownBeacons.insert($0) }
      // It takes an empty message, which older deployed ones don't survive.
      outbound.takeAllLengths()
    }
    onEstablished?()
    if let notice = toldAtOnce.take(), onDrain?(notice) != true { inbound.countMalformed() }
  }

  private func ended(_ end: WebSocketEnd, _ wasEstablished: Bool) {
    guard !hasEnded else { return }
    hasEnded = true
    onEnd?(
      TransportError(
        end, of: configuration, wasEstablished: wasEstablished, signedName: isOwn ? configuration.beacon.name : nil))
  }
}
