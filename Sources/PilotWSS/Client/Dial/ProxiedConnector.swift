import NIOCore
import NIOPosix
import PilotTransport
import PilotWire

/// Makes a channel on which TLS, or the upgrade, with the beacon can begin: a TCP connection to it, or a tunnel through a
/// proxy.
///
/// A proxy that refuses for the credentials is asked once more, with new ones if there is a way to have them: on the same
/// connection where that goes on, else on another. One that has refused the present ones not long ago isn't shown them again.
/// Confined to one event loop; makes one channel.
final class ProxiedConnector {
  private let configuration: WSSTransport.Configuration
  private let proxy: ProxyAccess?
  private let loop: any EventLoop
  private let completion: (Result<any Channel, TransportError>) -> Void
  /// Told once of the TCP connection, with where it leads.
  var onConnected: ((Endpoint?) -> Void)?
  private var connector: Connector
  private var channel: (any Channel)?
  private var tunnel: ProxyTunnel?
  private var renewal: Task<Void, Never>?
  private var hasRenewed = false
  /// What the proxy was shown last.
  private var shown: ProxyCredentials?
  private var isOver = false
  /// What it is at, for an error that tells what took too long.
  private var stage = Stage.connecting

  private enum Stage: String {
    case connecting
    case securing = "the TLS handshake with the proxy"
    case asking = "the proxy's answer"
    case renewing = "the command for the proxy's credentials"
  }

  /// - Parameters:
  ///   - proxy: The proxy; nil for the straight way.
  ///   - completion: Hears once of the channel, which is then its owner's to end, or of why there is none, unless ``cancel()``
  ///     came first.
  init(
    _ configuration: WSSTransport.Configuration, through proxy: ProxyAccess?, loop: any EventLoop,
    completion: @escaping (Result<any Channel, TransportError>) -> Void
  ) {
    self.configuration = configuration
    self.proxy = proxy
    self.loop = loop
    self.completion = completion
    connector = Self.connector(configuration, proxy, loop)
  }

  private static func connector(
    _ configuration: WSSTransport.Configuration, _ proxy: ProxyAccess?, _ loop: any EventLoop
  ) -> Connector {
    Connector(
      to: target(configuration, proxy), asking: configuration.resolver, fallback: configuration.fallbackAddresses,
      loop: loop)
  }

  private static func target(_ configuration: WSSTransport.Configuration, _ proxy: ProxyAccess?) -> DialTarget {
    proxy.map { DialTarget($0.url) } ?? DialTarget(configuration.beacon)
  }

  /// What takes its time.
  var step: String {
    switch stage {
    case .connecting where !connector.hasAddresses: "resolving the name"
    case .connecting where proxy != nil: "connecting to the proxy"
    case .connecting, .securing, .asking, .renewing: stage.rawValue
    }
  }

  /// What to try if that takes too long; nil where nothing is known.
  var advice: String? {
    guard stage == .connecting, connector.hasAddresses else { return nil }
    return Self.target(configuration, proxy).adviceOnSilence
  }

  /// Begins.
  func open() {
    guard let proxy, proxy.holdsBack(proxy.credentials, at: now) else { return connect() }
    guard !renewOnce() else { return }
    finish(.failure(.heldBack(from: proxy.url)))
  }

  private var now: MonotonicInstant { MonotonicInstant(loop.now) }

  private func connect() {
    stage = .connecting
    let bound = NIOLoopBound(self, eventLoop: loop)
    let limit = min(configuration.connectLimit ?? configuration.dialLimit, configuration.dialLimit)
    connector.connect(within: limit) { result in
      switch result {
      case .success(let channel): bound.value.connected(channel)
      case .failure(let error): bound.value.finish(.failure(error))
      }
    }
  }

  /// Ends the attempt with all that it has opened.
  func cancel() {
    guard !isOver else { return }
    isOver = true
    connector.cancel()
    renewal?.cancel()
    channel?.cutOff()
    channel = nil
    tunnel = nil
  }

  private func finish(_ result: Result<any Channel, TransportError>) {
    guard !isOver else { return }
    if case .success = result { channel = nil }
    cancel()
    completion(result)
  }

  private func connected(_ channel: any Channel) {
    onConnected.take()?(channel.remoteAddress.flatMap { Endpoint(address: $0) })
    guard let proxy else { return finish(.success(channel)) }
    self.channel = channel
    guard let trust = proxy.trust else { return ask(on: channel) }
    stage = .securing
    guard !trust.isCurrent else { return secure(channel, trust.tls) }
    let bound = NIOLoopBound(self, eventLoop: loop)
    NIOThreadPool.singleton.runIfActive(eventLoop: loop) { try trust.renew() }
      .whenComplete { _ in bound.value.secure(channel, trust.tls) }
  }

  private func secure(_ channel: any Channel, _ tls: ClientTLS) {
    guard !isOver, let proxy else { return }
    attempt {
      try TLSHandshake.start(on: channel, with: .proxy(proxy.url), tls) { [weak self] result in
        switch result {
        case .success: self?.ask(on: channel)
        case .failure(let error): self?.finish(.failure(error))
        }
      }
    }
  }

  private func ask(on channel: any Channel) {
    guard !isOver, let proxy else { return }
    stage = .asking
    attempt {
      let handshake: any ProxyHandshake =
        switch proxy.url.scheme {
        case .http, .https: ConnectHandshake(through: proxy.url, to: configuration.beacon)
        case .socks5, .socks5h: SOCKSHandshake(through: proxy.url, to: configuration.beacon)
        }
      let tunnel = ProxyTunnel(handshake) { [weak self] result in self?.answered(result, on: channel) }
      self.tunnel = tunnel
      try channel.pipeline.syncOperations.addHandler(tunnel)
      ask(by: tunnel)
    }
  }

  private func ask(by tunnel: ProxyTunnel) {
    shown = proxy?.credentials
    tunnel.ask(as: shown)
  }

  private func answered(_ result: Result<Void, ProxyRefusal>, on channel: any Channel) {
    switch result {
    case .success:
      proxy?.accepted()
      finish(.success(channel))
    case .failure(let refusal):
      if refusal.refusesCredentials, let shown { proxy?.refused(shown, at: now) }
      guard refusal.wantsCredentials, renewOnce() else { return finish(.failure(refusal.error)) }
    }
  }

  /// - Returns: Whether new credentials are under way: not if there is no way to them, or it was gone before.
  private func renewOnce() -> Bool {
    guard !hasRenewed, let renew = proxy?.renew else { return false }
    hasRenewed = true
    self.renew(by: renew)
    return true
  }

  private func renew(by renew: @escaping @Sendable () async throws -> ProxyCredentials) {
    stage = .renewing
    let bound = NIOLoopBound(self, eventLoop: loop)
    let loop = loop
    renewal = Task {
      let result: Result<ProxyCredentials, any Error>
      do {
        result = .success(try await renew())
      } catch {
        result = .failure(error)
      }
      loop.execute { bound.value.renewed(result) }
    }
  }

  private func renewed(_ result: Result<ProxyCredentials, any Error>) {
    renewal = nil
    guard !isOver, let proxy else { return }
    do {
      let credentials = try result.get()
      if proxy.holdsBack(credentials, at: now) { return finish(.failure(.renewedToTheSame(for: proxy.url))) }
      try proxy.replace(with: credentials)
    } catch {
      return finish(.failure(TransportError(unrenewed: proxy.url, error)))
    }
    stage = .asking
    if let tunnel, tunnel.takesAnother { return ask(by: tunnel) }
    tunnel = nil
    channel?.cutOff()
    channel = nil
    connector = Self.connector(configuration, proxy, loop)
    connect()
  }

  private func attempt(_ body: () throws -> Void) {
    do {
      try body()
    } catch {
      finish(
        .failure(TransportError(code: .system, message: "the connection could not be set up", cause: error)))
    }
  }
}

extension DialTarget {
  /// A proxy.
  init(_ proxy: ProxyURL) {
    self.init(host: proxy.host, port: proxy.port, authority: proxy.description, role: "proxy")
  }
}
