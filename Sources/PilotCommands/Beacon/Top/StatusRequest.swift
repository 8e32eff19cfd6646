#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif
import NIOCore
import NIOHTTP1
import NIOPosix
import PilotBeacon
import PilotConsole
import PilotIdentity
import PilotWire

/// Asks a beacon's status port how things stand.
struct StatusRequest: Sendable {
  /// The longest answer, in bytes.
  private static let limit = 1 << 20
  /// For the connection, and for the answer.
  private static let patience: TimeAmount = .seconds(5)

  private let address: Endpoint
  private let token: String?

  /// - Parameter tokenFile: The file of `--http-token`, read as the beacon reads it.
  init(to address: Endpoint, tokenFile: String?) throws(CommandFailure) {
    self.address = address
    guard let tokenFile else {
      token = nil
      return
    }
    let line = StatusToken.line(of: tokenFile)
    do throws(SecretLine.Problem) {
      var bytes = try line.read()
      defer { bytes.erase() }
      token = String(decoding: bytes, as: UTF8.self)
    } catch {
      throw CommandFailure("the token file \(tokenFile.onOneLine) \(line.explanation(of: error))")
    }
  }

  func report() async throws -> StatusReport {
    let body = try await body()
    guard let report = try? JSONDecoder().decode(StatusReport.self, from: Data(body)) else {
      throw CommandFailure("what answers at \(address) is no beacon's status port, or one of another version")
    }
    return report
  }

  /// A report as JSON on one line.
  func line(_ report: StatusReport) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(report), as: UTF8.self)
  }

  private func body() async throws -> [UInt8] {
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    let promise = loop.makePromise(of: NIOHTTPClientResponseFull.self)
    let channel: any Channel
    do {
      channel = try await ClientBootstrap(group: loop).connectTimeout(Self.patience)
        .channelInitializer { channel in
          channel.eventLoop.makeCompletedFuture {
            let pipeline = channel.pipeline.syncOperations
            try pipeline.addHTTPClientHandlers()
            try pipeline.addHandler(NIOHTTPClientResponseAggregator(maxContentLength: Self.limit))
            try pipeline.addHandler(Answer(promise))
          }
        }
        .connect(to: SocketAddress(ipAddress: address.addressText, port: Int(address.port))).get()
    } catch {
      promise.fail(error)
      throw CommandFailure(
        "nothing answers at \(address): \(error)", hint: "is the beacon started with --http \(address)?")
    }
    let timer = loop.scheduleTask(in: Self.patience) { promise.fail(ChannelError.connectTimeout(Self.patience)) }
    defer { channel.close(promise: nil) }
    var head = HTTPRequestHead(version: .http1_1, method: .GET, uri: "/status.json")
    head.headers = ["Host": "\(address)", "Connection": "close"]
    if let token { head.headers.add(name: "Authorization", value: "Bearer \(token)") }
    channel.write(HTTPClientRequestPart.head(head), promise: nil)
    channel.writeAndFlush(HTTPClientRequestPart.end(nil), promise: nil)
    let answer: NIOHTTPClientResponseFull
    do {
      answer = try await promise.futureResult.get()
    } catch {
      throw CommandFailure("\(address) gave no answer: \(error)", hint: "try again")
    }
    timer.cancel()
    switch answer.head.status {
    case .ok: return answer.body.map { Array($0.readableBytesView) } ?? []
    case .unauthorized:
      throw CommandFailure("the beacon wants another token", hint: "give its --http-token FILE here, too")
    case .forbidden:
      throw CommandFailure("the beacon shows this to its own machine alone", hint: "give it --http-token FILE")
    default: throw CommandFailure("\(address) answered \(answer.head.status.code)", hint: "is that a beacon's --http?")
    }
  }

  private final class Answer: ChannelInboundHandler {
    typealias InboundIn = NIOHTTPClientResponseFull

    private let promise: EventLoopPromise<NIOHTTPClientResponseFull>

    init(_ promise: EventLoopPromise<NIOHTTPClientResponseFull>) { self.promise = promise }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { promise.succeed(unwrapInboundIn(data)) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
      promise.fail(error)
      context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) { promise.fail(ChannelError.inputClosed) }
  }
}
