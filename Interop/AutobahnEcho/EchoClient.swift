import NIOCore
import NIOHTTP1
import NIOPosix

/// Goes through all cases of a fuzzing server, one connection each, and echoes what it is sent.
struct EchoClient {
  let port: Int
  let agent: String

  func run() async throws {
    guard let text = try await connect("/getCaseCount").first, let count = Int(text) else {
      throw EchoFailure("the fuzzing server doesn't tell how many cases it has")
    }
    report("\(count) cases")
    for number in 1...max(count, 1) { try await connect("/runCase?case=\(number)&agent=\(agent)") }
    try await connect("/updateReports?agent=\(agent)")
  }

  /// Connects, echoes until the server closes, and returns the texts that came.
  @discardableResult
  private func connect(_ target: String) async throws -> [String] {
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    let texts = NIOLoopBoundBox.makeEmptyBox(valueType: [String].self, eventLoop: loop)
    let host = "127.0.0.1:\(port)"
    let channel = try await ClientBootstrap(group: loop)
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
      .connect(host: "127.0.0.1", port: port)
      .flatMap { channel in
        channel.eventLoop.makeCompletedFuture {
          try Self.upgrade(channel, host: host, target: target) { text in
            texts.value = (texts.value ?? []) + [text]
          }
          return channel
        }
      }
      .get()
    try await channel.closeFuture.get()
    return try await loop.submit { texts.value ?? [] }.get()
  }

  private static func upgrade(
    _ channel: any Channel, host: String, target: String, onText: @escaping (String) -> Void
  ) throws {
    let upgrader = EchoClientUpgrader(isEchoing: target.hasPrefix("/runCase"), onText: onText)
    let pipeline = channel.pipeline.syncOperations
    try pipeline.addHTTPClientHandlers(
      leftOverBytesStrategy: .forwardBytes,
      withClientUpgrade: (upgraders: [upgrader], completionHandler: { _ in }))
    var head = HTTPRequestHead(version: .http1_1, method: .GET, uri: target)
    head.headers.add(name: "Host", value: host)
    pipeline.write(NIOAny(HTTPClientRequestPart.head(head)), promise: nil)
    pipeline.writeAndFlush(NIOAny(HTTPClientRequestPart.end(nil)), promise: nil)
  }
}
