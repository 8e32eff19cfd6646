package import NIOCore
package import PilotTransport

/// One attempt to connect, from the name's resolution to `auth_ok`, all within one limit. It puts the steps one after the
/// other, and each step stands by itself: ``ProxiedConnector``, ``TLSHandshake``, ``UpgradeRequester``, ``ClientConnection``.
/// Confined to one event loop.
package final class Dial {
  /// How far an attempt got; names the step that took too long.
  enum Step: String {
    case connecting = "connecting"
    case securing = "the TLS handshake"
    case upgrading = "the WebSocket upgrade"
    case authenticating = "the authentication"
  }

  private enum State {
    case dialing(Step)
    case over
  }

  private let configuration: WSSTransport.Configuration
  private let tls: ClientTLS?
  private let proxy: ProxyAccess?
  private let loop: any EventLoop
  private let inbound: FrameQueue
  private let outbound: OutboundQueue
  private let onEstablished: (ClientConnection) -> Void
  private let onFailure: (TransportError) -> Void
  /// Told each step that is done, for whoever wants to see how far it gets.
  package var onProgress: ((DialProgress) -> Void)?
  private var connector: ProxiedConnector?
  private var state = State.dialing(.connecting)
  private var channel: (any Channel)?
  /// The pipeline keeps it.
  private weak var requester: UpgradeRequester?
  private var connection: ClientConnection?
  private var limitTimer: Scheduled<Void>?

  /// - Parameters:
  ///   - tls: nil where the connection is to be in the clear.
  ///   - proxy: The proxy on the way, if one is.
  ///   - onEstablished: Called once when frames can flow, with the connection, which is the owner's from then on.
  ///   - onFailure: Called once when the attempt has failed. Neither is called after ``cancel()``.
  package init(
    configuration: WSSTransport.Configuration, tls: ClientTLS?, proxy: ProxyAccess? = nil, loop: any EventLoop,
    inbound: FrameQueue, outbound: OutboundQueue, onEstablished: @escaping (ClientConnection) -> Void,
    onFailure: @escaping (TransportError) -> Void
  ) {
    self.configuration = configuration
    self.tls = tls
    self.proxy = proxy
    self.loop = loop
    self.inbound = inbound
    self.outbound = outbound
    self.onEstablished = onEstablished
    self.onFailure = onFailure
  }

  func start() {
    let bound = NIOLoopBound(self, eventLoop: loop)
    limitTimer = loop.scheduleTask(in: TimeAmount(configuration.dialLimit)) { bound.value.limitReached() }
    let connector = ProxiedConnector(configuration, through: proxy, loop: loop) { [weak self] result in
      switch result {
      case .success(let channel): self?.connected(channel)
      case .failure(let error): self?.fail(error)
      }
    }
    connector.onConnected = { [weak self] address in self?.onProgress?(.connected(to: address)) }
    self.connector = connector
    connector.open()
  }

  /// Ends the attempt, without a call to anybody.
  package func cancel() {
    guard case .dialing = state else { return }
    over()
    connector?.cancel()
    // A WebSocket says goodbye; before there is one, TCP ends.
    if let connection { connection.close() } else { channel?.cutOff() }
    channel = nil
    connection = nil
  }

  private func over() {
    state = .over
    limitTimer?.cancel()
    limitTimer = nil
  }

  private func fail(_ error: TransportError) {
    guard case .dialing = state else { return }
    over()
    connector?.cancel()
    channel?.cutOff()
    channel = nil
    connection = nil
    onFailure(error.named(proxy?.url))
  }

  /// The time for all steps is over.
  func limitReached() {
    guard case .dialing(let step) = state, requester?.giveUp() != true else { return }
    let name = step == .connecting ? connector?.step ?? step.rawValue : step.rawValue
    var error = TransportError(
      code: .timedOut,
      message: "\(configuration.beacon) was not reached within \(configuration.dialLimit): \(name) took too long"
    ).named(proxy?.url)
    if step == .connecting, let advice = connector?.advice { error.message += "; \(advice)" }
    fail(error)
  }

  /// Goes on with a channel that is connected.
  package func connected(_ channel: any Channel) {
    guard case .dialing = state else { return channel.cutOff() }
    self.channel = channel
    if proxy != nil { onProgress?(.tunnelled) }
    attempt {
      TCPTuning.apply(to: channel, deadAfter: configuration.keepalive.interval + configuration.keepalive.timeout)
      try BufferSizes.large.apply(to: channel)
      guard let tls else { return try upgrade(channel) }
      state = .dialing(.securing)
      try TLSHandshake.start(on: channel, with: .beacon(configuration.beacon), tls) { [weak self] result in
        switch result {
        case .success(let summary): self?.secured(channel, by: summary)
        case .failure(let error): self?.fail(error)
        }
      }
    }
  }

  private func secured(_ channel: any Channel, by summary: TLSSummary?) {
    guard case .dialing = state else { return channel.cutOff() }
    if let summary { onProgress?(.secured(summary)) }
    attempt { try upgrade(channel) }
  }

  private func upgrade(_ channel: any Channel) throws {
    state = .dialing(.upgrading)
    requester = try UpgradeRequester.start(
      on: channel, at: configuration.beacon, offering: configuration.subprotocols,
      onUpgrade: { [weak self] subprotocol in self?.upgraded(channel, to: subprotocol) },
      onFailure: { [weak self] error in self?.fail(error) })
  }

  private func upgraded(_ channel: any Channel, to subprotocol: PilotSubprotocol) {
    guard case .dialing = state else { return channel.cutOff() }
    state = .dialing(.authenticating)
    onProgress?(.upgraded(subprotocol: subprotocol.rawValue))
    // Whoever only wanted to see that has cancelled.
    guard case .dialing = state else { return }
    let connection = ClientConnection(configuration, speaking: subprotocol)
    connection.onEstablished = { [weak self] in self?.established() }
    connection.onEnd = { [weak self] error in self?.fail(error) }
    self.connection = connection
    attempt { try connection.start(on: channel, inbound: inbound, outbound: outbound) }
  }

  private func established() {
    guard case .dialing = state, let connection else { return }
    over()
    channel = nil
    self.connection = nil
    connection.onEstablished = nil
    connection.onEnd = nil
    onEstablished(connection)
  }

  private func attempt(_ body: () throws -> Void) {
    do {
      try body()
    } catch {
      fail(TransportError(code: .system, message: "the connection could not be set up", cause: error))
    }
  }
}
