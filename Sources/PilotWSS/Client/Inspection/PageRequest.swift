import NIOCore
import NIOHTTP1
import NIOPosix
package import PilotTransport

/// A plain request for the beacon's path, by the way that a dial takes: a beacon answers 426 (wire reference, section 3), and a
/// captive portal or a web server anything else.
///
/// The certificate isn't judged, so that it shows what is there even then; nothing is sent that anybody may not read.
package enum PageRequest {
  /// The head of the answer.
  package struct Answer: Sendable, Equatable {
    package let status: Int
    /// Where it redirects to, without secrets, printable and bounded.
    package let location: String?
    /// The server's time of day, in seconds since 1970.
    package let date: Int?
    /// This machine's at that moment.
    package let localTime: Int
  }

  /// Asks once.
  ///
  /// - Parameters:
  ///   - configuration: As for a transport.
  ///   - proxy: The proxy on the way, if one is (``WSSTransport/Configuration/proxyAccess(reusing:)``).
  /// - Throws: Why there is no answer, as a dial; `.cancelled`.
  package static func run(
    _ configuration: WSSTransport.Configuration, through proxy: ProxyAccess?
  ) async throws(TransportError) -> Answer {
    try configuration.validate()
    let tls = configuration.beacon.isSecure ? try ClientTLS.unverified() : nil
    let loop = (configuration.eventLoopGroup ?? MultiThreadedEventLoopGroup.singleton).next()
    let run = NIOLoopBoundBox<Run?>.makeEmptyBox(valueType: Run.self, eventLoop: loop)
    let result: Result<Answer, TransportError> = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        loop.execute {
          let request = Run(configuration, tls, proxy, loop) { continuation.resume(returning: $0) }
          run.value = request
          request.start()
        }
      }
    } onCancel: {
      loop.execute { run.value?.finish(.failure(.cancelled)) }
    }
    return try result.get()
  }

  /// Confined to its event loop.
  private final class Run {
    private let configuration: WSSTransport.Configuration
    private let tls: ClientTLS?
    private let loop: any EventLoop
    private let completion: (Result<Answer, TransportError>) -> Void
    private var connector: ProxiedConnector?
    private let proxy: ProxyAccess?
    private var channel: (any Channel)?
    private var timer: Scheduled<Void>?
    private var isOver = false

    init(
      _ configuration: WSSTransport.Configuration, _ tls: ClientTLS?, _ proxy: ProxyAccess?, _ loop: any EventLoop,
      completion: @escaping (Result<Answer, TransportError>) -> Void
    ) {
      self.configuration = configuration
      self.tls = tls
      self.proxy = proxy
      self.loop = loop
      self.completion = completion
    }

    func start() {
      let bound = NIOLoopBound(self, eventLoop: loop)
      let (beacon, limit) = (configuration.beacon, configuration.dialLimit)
      timer = loop.scheduleTask(in: TimeAmount(limit)) {
        bound.value.finish(
          .failure(TransportError(code: .timedOut, message: "\(beacon) gave no answer within \(limit)")))
      }
      let connector = ProxiedConnector(configuration, through: proxy, loop: loop) { [weak self] result in
        switch result {
        case .success(let channel): self?.connected(channel)
        case .failure(let error): self?.finish(.failure(error))
        }
      }
      self.connector = connector
      connector.open()
    }

    private func connected(_ channel: any Channel) {
      guard !isOver else { return channel.cutOff() }
      self.channel = channel
      attempt {
        guard let tls else { return try ask(channel) }
        try TLSHandshake.start(on: channel, with: .beacon(configuration.beacon), tls) { [weak self] result in
          switch result {
          case .success: self?.secured(channel)
          case .failure(let error): self?.finish(.failure(error))
          }
        }
      }
    }

    private func secured(_ channel: any Channel) {
      guard !isOver else { return }
      attempt { try ask(channel) }
    }

    private func ask(_ channel: any Channel) throws {
      try channel.pipeline.syncOperations.addHTTPClientHandlers(decoderLimitConfiguration: .handshake)
      try channel.pipeline.syncOperations.addHandler(
        Asker(configuration.beacon) { [weak self] in self?.finish($0) })
    }

    private func attempt(_ body: () throws -> Void) {
      do {
        try body()
      } catch {
        finish(.failure(TransportError(code: .system, message: "the connection could not be set up", cause: error)))
      }
    }

    func finish(_ result: Result<Answer, TransportError>) {
      guard !isOver else { return }
      isOver = true
      timer?.cancel()
      connector?.cancel()
      channel?.cutOff()
      completion(result)
    }
  }

  /// Sends the request, and waits for the head of the answer.
  private final class Asker: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private let beacon: WSSURL
    private let completion: (Result<Answer, TransportError>) -> Void

    init(_ beacon: WSSURL, completion: @escaping (Result<Answer, TransportError>) -> Void) {
      self.beacon = beacon
      self.completion = completion
    }

    func handlerAdded(context: ChannelHandlerContext) {
      var head = HTTPRequestHead(version: .http1_1, method: .GET, uri: beacon.path)
      head.headers.add(name: "Host", value: beacon.hostField)
      head.headers.add(name: "User-Agent", value: UpgradeRequester.userAgent)
      head.headers.add(name: "Connection", value: "close")
      context.write(wrapOutboundOut(.head(head)), promise: nil)
      context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      guard case .head(let head) = unwrapInboundIn(data), head.status.code >= 200 else { return }
      let location = head.headers.first(name: "Location").map {
        PrintableText.line(URLText.withoutSecrets($0), limit: 200)
      }
      completion(
        .success(
          Answer(
            status: Int(head.status.code), location: location,
            date: head.headers.first(name: "Date").flatMap(HTTPDate.unixTime), localTime: Int(WallClock.unixTime()))))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
      completion(.failure(TransportError(upgrading: error, to: beacon)))
    }

    func channelInactive(context: ChannelHandlerContext) {
      completion(.failure(.closedUnanswered(by: beacon)))
    }
  }
}
