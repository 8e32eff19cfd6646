import NIOCore
import NIOPosix
import PilotIdentity
import PilotTransport
import PilotWire
import Synchronization
import Testing

@testable import PilotBeacon

@Suite("Keys from a registry")
struct RegistryDirectoryTests {
  private let identity = Identity()

  @Test("A key is asked for once and then remembered", .timeLimit(.minutes(1)))
  func remembered() async throws {
    let key = identity.publicKey
    let registry = try await FakeRegistry.start { #"{"type":"lookup_ok","node_id":7,"public_key":"\#(key.base64)"}"# }
    let directory = RegistryDirectory(host: "127.0.0.1", port: registry.port)
    let node = try #require(NodeID(parsing: "7"))
    #expect(directory.cachedPublicKey(of: node) == nil)
    #expect(try await directory.publicKey(of: node) == key)
    #expect(try await directory.publicKey(of: node) == key)
    #expect(directory.cachedPublicKey(of: node) == key)
    #expect(registry.requests == [#"{"type":"lookup","node_id":7}"#])
    try await registry.close()
  }

  @Test("A node that the registry doesn't know has no key, and isn't asked for again at once", .timeLimit(.minutes(1)))
  func unknown() async throws {
    let registry = try await FakeRegistry.start { #"{"error":"node not found"}"# }
    let directory = RegistryDirectory(host: "127.0.0.1", port: registry.port)
    let node = try #require(NodeID(parsing: "8"))
    #expect(try await directory.publicKey(of: node) == nil)
    #expect(try await directory.publicKey(of: node) == nil)
    #expect(registry.requests.count == 1)
    try await registry.close()
  }

  @Test(
    "An answer that isn't one is an error, not a key", .timeLimit(.minutes(1)),
    arguments: [
      "nonsense", "{}", #"{"type":"lookup_ok","node_id":9,"public_key":"AAAA"}"#,
      #"{"type":"lookup_ok","node_id":10,"public_key":"AAAA"}"#, #"{"type":"beacon_list_ok"}"#,
    ])
  func invalid(_ answer: String) async throws {
    let registry = try await FakeRegistry.start { answer }
    let directory = RegistryDirectory(host: "127.0.0.1", port: registry.port)
    let node = try #require(NodeID(parsing: "9"))
    let error = await #expect(throws: KeyDirectoryError.self) { try await directory.publicKey(of: node) }
    #expect(error?.code == .invalidAnswer)
    try await registry.close()
  }

  @Test("A registry that isn't there, or says nothing, is unavailable within the limit", .timeLimit(.minutes(1)))
  func unavailable() async throws {
    let node = try #require(NodeID(parsing: "9"))
    let silent = try await FakeRegistry.start { nil }
    var configuration = RegistryDirectory.Configuration()
    configuration.limit = .milliseconds(50)
    let directory = RegistryDirectory(host: "127.0.0.1", port: silent.port, configuration: configuration)
    let error = await #expect(throws: KeyDirectoryError.self) { try await directory.publicKey(of: node) }
    #expect(error?.code == .unavailable)
    try await silent.close()
    let refused = await #expect(throws: KeyDirectoryError.self) { try await directory.publicKey(of: node) }
    #expect(refused?.code == .unavailable)
  }

  @Test("Lookups beyond the limit fail at once, and don't reach the registry", .timeLimit(.minutes(1)))
  func lookupsAreBounded() async throws {
    let silent = try await FakeRegistry.start { nil }
    var configuration = RegistryDirectory.Configuration()
    configuration.maximumLookups = 2
    configuration.limit = .seconds(2)
    let directory = RegistryDirectory(host: "127.0.0.1", port: silent.port, configuration: configuration)
    let nodes = try ["1", "2", "3"].map { try #require(NodeID(parsing: $0)) }
    await withTaskGroup(of: Void.self) { group in
      for node in nodes.dropLast() { group.addTask { _ = try? await directory.publicKey(of: node) } }
      while silent.requests.count < 2 { await Task.yield() }
      let error = await #expect(throws: KeyDirectoryError.self) { try await directory.publicKey(of: nodes[2]) }
      #expect(error?.message == "too many registry lookups are under way")
    }
    #expect(silent.requests.count == 2)
    // There is room again when the others have ended.
    let error = await #expect(throws: KeyDirectoryError.self) { try await directory.publicKey(of: nodes[2]) }
    #expect(error?.message.contains("gave no answer") == true)
    try await silent.close()
  }

  @Test("What is remembered is bounded, and the oldest answer goes")
  func bounded() throws {
    var cache = KeyCache(capacity: 2)
    let nodes = try ["1", "2", "3"].map { try #require(NodeID(parsing: $0)) }
    let end = MonotonicInstant(nanoseconds: 10)
    for node in nodes { cache.remember(identity.publicKey, of: node, until: end) }
    #expect(cache.count == 2)
    #expect(cache.entry(of: nodes[0], at: .start) == nil)
    #expect(cache.entry(of: nodes[2], at: .start)?.key == identity.publicKey)
    #expect(cache.entry(of: nodes[2], at: end) == nil)
  }
}

/// A registry that gives one answer to everything; nil gives none.
private final class FakeRegistry: Sendable {
  private let channel: any Channel
  private let log: Log

  var port: Int { channel.localAddress?.port ?? 0 }
  var requests: [String] { log.requests.withLock { $0 } }

  private init(channel: any Channel, log: Log) {
    self.channel = channel
    self.log = log
  }

  static func start(_ answer: @escaping @Sendable () -> String?) async throws -> FakeRegistry {
    let log = Log()
    let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(Responder(log: log, answer: answer))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    return FakeRegistry(channel: channel, log: log)
  }

  func close() async throws { try await channel.close() }

  private final class Log: Sendable {
    let requests = Mutex<[String]>([])
  }

  private final class Responder: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let log: Log
    private let answer: () -> String?

    init(log: Log, answer: @escaping () -> String?) {
      self.log = log
      self.answer = answer
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      var request = unwrapInboundIn(data)
      guard let length = request.readInteger(as: UInt32.self), let text = request.readString(length: Int(length)) else {
        return
      }
      log.requests.withLock { $0.append(text) }
      guard let answer = answer() else { return }
      var reply = ByteBuffer()
      reply.writeInteger(UInt32(answer.utf8.count))
      reply.writeString(answer)
      context.writeAndFlush(wrapOutboundOut(reply), promise: nil)
    }
  }
}
