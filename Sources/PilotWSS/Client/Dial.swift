package import NIOCore
import NIOHTTP1
import NIOPosix
package import NIOSSL
package import PilotTransport
import PilotWire

/// One attempt to connect, from the name's resolution to `auth_ok`, all within one limit, and then the connection itself.
/// Confined to one event loop.
package final class Dial {
  /// How far an attempt got; names the step that took too long.
  enum Step: String {
    case connecting = "resolving the name and connecting"
    case securing = "the TLS handshake"
    case upgrading = "the WebSocket upgrade"
    case authenticating = "the authentication"
  }

  private enum State {
    case dialing(Step)
    case established
    case over
  }

  private let configuration: WSSTransport.Configuration
  private let tls: NIOSSLContext?
  private let loop: any EventLoop
  private let inbound: FrameQueue
  private let outbound: OutboundQueue
  private let onEstablished: () -> Void
  private let onDown: (TransportError) -> Void
  private var state = State.dialing(.connecting)
  private var channels: [any Channel] = []
  private var gate: HandshakeGate?
  /// The pipeline keeps it.
  private weak var requester: UpgradeRequester?
  private var peer: WSSClientPeer?
  private var limitTimer: Scheduled<Void>?

  /// - Parameters:
  ///   - onEstablished: Called once when frames can flow.
  ///   - onDown: Called once when the attempt has failed or the connection has ended, unless ``cancel()`` came first.
  package init(
    configuration: WSSTransport.Configuration, tls: NIOSSLContext?, loop: any EventLoop, inbound: FrameQueue,
    outbound: OutboundQueue, onEstablished: @escaping () -> Void, onDown: @escaping (TransportError) -> Void
  ) {
    self.configuration = configuration
    self.tls = tls
    self.loop = loop
    self.inbound = inbound
    self.outbound = outbound
    self.onEstablished = onEstablished
    self.onDown = onDown
  }

  func start() {
    let bound = NIOLoopBound(self, eventLoop: loop)
    limitTimer = loop.scheduleTask(in: TimeAmount(configuration.dialLimit)) { bound.value.limitReached() }
    ClientBootstrap(group: loop)
      .connectTimeout(TimeAmount(configuration.dialLimit))
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
      .channelInitializer { channel in
        bound.value.opened(channel)
      }
      .connect(host: configuration.beacon.host, port: configuration.beacon.port)
      .whenComplete { result in
        switch result {
        case .success(let channel): bound.value.connected(channel)
        case .failure(let error):
          bound.value.fail(TransportError(connecting: error, to: bound.value.configuration.beacon))
        }
      }
  }

  /// Ends the attempt or the connection, without a call to `onDown`.
  package func cancel() {
    guard !isOver else { return }
    over()
    if let link = peer?.link {
      link.perform(.close(WebSocketCloseFrame(.normal)))
    } else {
      closeChannels()
    }
  }

  private var isOver: Bool {
    if case .over = state { return true }
    return false
  }

  private func over() {
    state = .over
    limitTimer?.cancel()
    limitTimer = nil
  }

  /// Racing attempts (RFC 8305) make several channels, some of them after the name's late resolution; all must go when
  /// the dial is over.
  private func opened(_ channel: any Channel) -> EventLoopFuture<Void> {
    guard !isOver else { return loop.makeFailedFuture(TransportError.cancelled) }
    channels.append(channel)
    return loop.makeSucceededVoidFuture()
  }

  private func closeChannels() {
    for channel in channels { channel.cutOff() }
    channels = []
  }

  private func fail(_ error: TransportError) {
    guard !isOver else { return }
    over()
    closeChannels()
    onDown(error)
  }

  /// The time for all steps is over.
  func limitReached() {
    guard case .dialing(let step) = state, requester?.giveUp() != true else { return }
    fail(
      TransportError(
        code: .timedOut,
        message:
          "\(configuration.beacon) was not reached within \(configuration.dialLimit): \(step.rawValue) took too long"
      ))
  }

  /// Goes on with a channel that is connected.
  package func connected(_ channel: any Channel) {
    guard !isOver else { return channel.cutOff() }
    channels = [channel]
    do {
      if let tls {
        state = .dialing(.securing)
        let name = configuration.beacon.serverName
        try channel.pipeline.syncOperations.addHandler(NIOSSLClientHandler(context: tls, serverHostname: name))
      } else {
        state = .dialing(.upgrading)
      }
      TCPTuning.apply(to: channel, deadAfter: configuration.keepalive.interval + configuration.keepalive.timeout)
      try BufferSizes.large.apply(to: channel)
      try requestUpgrade(on: channel)
    } catch {
      fail(TransportError(code: .system, message: "the connection could not be set up", cause: error))
    }
  }

  private func requestUpgrade(on channel: any Channel) throws {
    let upgrader = WSSClientUpgrader { [weak self] context in self?.upgraded(context) }
    let requester = UpgradeRequester(
      beacon: configuration.beacon, awaitsTLS: tls != nil, upgrader: upgrader,
      onSecured: { [weak self] in self?.state = .dialing(.upgrading) },
      onFailure: { [weak self] error in self?.fail(error) })
    self.requester = requester
    let bound = NIOLoopBound(requester, eventLoop: loop)
    let gate = HandshakeGate { [weak requester] head in
      // The parser has seen a final answer that isn't 101: what follows is its body, and nothing upgrades any more.
      if requester?.isReadingBody == true { return .forward }
      // Other informational responses may precede the one that counts (RFC 9110, section 15.2).
      let status = head.dropFirst("HTTP/1.1 ".utf8.count).prefix(3)
      return status.first == UInt8(ascii: "1") && !status.elementsEqual("101".utf8) ? .nextHead : .hold
    }
    self.gate = gate
    try channel.pipeline.syncOperations.addHandler(gate)
    try channel.pipeline.syncOperations.addHTTPClientHandlers(
      leftOverBytesStrategy: .forwardBytes,
      decoderLimitConfiguration: .handshake,
      withClientUpgrade: (upgraders: [upgrader], completionHandler: { _ in bound.value.finished() }))
    try channel.pipeline.syncOperations.addHandler(requester)
  }

  private func upgraded(_ context: ChannelHandlerContext) {
    guard !isOver else { return context.channel.cutOff() }
    state = .dialing(.authenticating)
    let peer = WSSClientPeer(
      authentication: WSSClientAuthentication(node: configuration.node, identity: configuration.identity),
      inbound: inbound, beacon: configuration.beaconEndpoint,
      onEstablished: { [weak self] in self?.established() },
      onEnd: { [weak self] end, wasEstablished in self?.ended(end, wasEstablished) })
    self.peer = peer
    var times = WebSocketTimes()
    times.keepalive = configuration.keepalive
    times.authentication = configuration.dialLimit
    times.closing = .seconds(1)
    let handler = WebSocketChannelHandler(role: .client, peer: peer, outbound: outbound, times: times)
    do {
      try context.pipeline.syncOperations.addHandler(handler)
      if let gate = gate.take() { context.pipeline.syncOperations.removeHandler(gate, promise: nil) }
    } catch {
      fail(TransportError(code: .system, message: "the connection could not be set up", cause: error))
    }
  }

  private func established() {
    guard case .dialing = state else { return }
    state = .established
    limitTimer?.cancel()
    limitTimer = nil
    onEstablished()
  }

  private func ended(_ end: WebSocketEnd, _ wasEstablished: Bool) {
    fail(TransportError(end, of: configuration, wasEstablished: wasEstablished))
  }
}
