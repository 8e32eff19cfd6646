import PilotTesting
import Foundation
import NIOCore
import NIOPosix
import PilotTransport
import PilotWire
import Testing

@testable import PilotWSS

/// TCP sockets of this machine with a port at either end that are held by some process: those in TIME_WAIT have no inode.
private func openSockets(on port: UInt16) throws -> Int {
  let needle = ":" + String(port, radix: 16, uppercase: true).leftPadded(to: 4)
  return try ["/proc/net/tcp", "/proc/net/tcp6"].map { path in
    try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").dropFirst().count { line in
      let fields = line.split(separator: " ")
      return fields.count > 9 && fields[9] != "0" && (fields[1].hasSuffix(needle) || fields[2].hasSuffix(needle))
    }
  }.reduce(0, +)
}

extension String {
  fileprivate func leftPadded(to length: Int) -> String { String(repeating: "0", count: max(0, length - count)) + self }
}

@Suite(.timeLimit(.minutes(10)), .enabled(if: FileManager.default.fileExists(atPath: "/proc/net/tcp")))
struct LeakTests {
  private final class Weak: @unchecked Sendable {  // a weak reference is read and written atomically
    weak var transport: WSSTransport?

    init(_ transport: WSSTransport) {
      self.transport = transport
    }
  }

  private func cycle(
    _ count: Int, _ listener: TestListener, _ adjust: @escaping @Sendable (inout WSSTransport.Configuration) -> Void,
    secure: Bool
  ) async throws {
    var transports: [Weak] = []
    for index in 0..<count {
      let client = try await TestClient.connect(
        listener.url(secure: secure, host: secure ? "localhost" : "127.0.0.1"), node: UInt8(1 + index % 50), adjust)
      transports.append(Weak(client.transport))
      try client.send([1])
      if index % 3 == 0 { #expect(try await client.next() == [1]) }
      if index % 2 == 0 { client.close() }
    }
    try await listener.log.wait { $0.detached.count == count }
    while try listener.listener.openConnections > 0 || openSockets(on: listener.address.port) > 1 { await Task.yield() }
    #expect(transports.allSatisfy { $0.transport == nil })
    // Only then, since it is the last that a connection does.
    try await listener.released.wait { $0 == count }
    await listener.shutDown()
    while try openSockets(on: listener.address.port) > 0 { await Task.yield() }
  }

  @Test func `a thousand connections leave no descriptor, no transport and no peer behind`() async throws {
    try await cycle(1_000, TestListener.start(), { _ in }, secure: false)
  }

  @Test func `a hundred connections over TLS leave none either`() async throws {
    let files = try TestFiles()
    let tls = try ServerTLS(certificate: files.path("server"), key: files.path("server-key"))
    try await cycle(
      100, TestListener.start(tls: tls), { $0.trust = .file(files.path("ca")) }, secure: true)
  }

  @Test func `a hundred refused attempts leave nothing`() async throws {
    let listener = try await TestListener.start()
    for _ in 0..<100 {
      let error = await failure { _ = try await TestClient.connect(listener.url(), node: 7, key: 8) }
      #expect(error?.code == .authenticationFailed)
    }
    while try listener.listener.openConnections > 0 || openSockets(on: listener.address.port) > 1 { await Task.yield() }
    try await listener.released.wait { $0 == 100 }
    await listener.shutDown()
  }

  @Test func `the driver of a transport is released, whatever it was doing`() async throws {
    let listener = try await TestListener.start()
    let server = try await RawServer.start()
    for url in [
      listener.url(), server.url, WSSURL(isSecure: true, host: "127.0.0.1", port: Int(server.address.port)),
    ] {
      let loop = MultiThreadedEventLoopGroup.singleton.next()
      let configuration = try TestClient.configuration(url)
      let trust = url.isSecure ? try ClientTrust(configuration.trust) : nil
      let events = TransportEventSource()
      let observed = try await loop.submit {
        let driver = SupervisorDriver(
          loop: loop, configuration: configuration, trust: trust, proxy: nil, inbound: FrameQueue(),
          outbound: OutboundQueue(
            role: .client, limits: OutboundQueue.Limits(bytes: 1 << 20, age: .seconds(1)), overflow: .refuseNewest,
            now: { .now() }),
          events: events, reconnects: ReconnectCount(), beaconTraits: BeaconTraits())
        return DriverOnLoop(driver, loop: loop)
      }.get()
      try await loop.submit { observed.start() }.get()
      if url == listener.url() { _ = try await listener.connection(of: 7) } else { _ = try await server.next() }
      try await loop.submit { observed.close() }.get()
      while try await !loop.submit({ observed.isReleased }).get() { await Task.yield() }
    }
    await listener.shutDown()
    await server.stop()
  }
}

/// A driver with a strong reference until it is closed.
private final class DriverOnLoop: Sendable {
  private final class References {
    var strong: SupervisorDriver?
    weak var weak: SupervisorDriver?
  }

  private let references: NIOLoopBound<References>

  init(_ driver: SupervisorDriver, loop: any EventLoop) {
    let references = References()
    references.strong = driver
    references.weak = driver
    self.references = NIOLoopBound(references, eventLoop: loop)
  }

  func start() { references.value.strong?.start(firstOutcome: nil) }

  func close() {
    references.value.strong?.close()
    references.value.strong = nil
  }

  var isReleased: Bool { references.value.weak == nil }
}
