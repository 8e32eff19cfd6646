import PilotTesting
import NIOSSL
import PilotIdentity
import PilotTransport
import PilotWire
import Testing

@testable import PilotWSS

@Suite(.timeLimit(.minutes(1)))
struct TransferTests {
  static let lengths = [0, 1, 125, 126, 1_200, 16_384, 65_535]

  private func echo(_ listener: TestListener, _ client: TestClient) async throws {
    for (seed, length) in Self.lengths.enumerated() {
      let frame = pattern(length, seed: seed)
      try client.send(frame)
      #expect(try await client.next() == frame)
    }
    // All at once: boundaries and order are kept.
    let frames = (0..<200).map { pattern(($0 * 331) % 9_000, seed: $0) }
    for frame in frames { try client.send(frame) }
    #expect(try await client.next(frames.count) == frames)
    let counters = client.transport.counters
    #expect(counters.framesSent == UInt64(frames.count + Self.lengths.count))
    #expect(counters.bytesReceived == counters.bytesSent)
    #expect(counters.drops.outgoing + counters.drops.incoming == 0)
    client.close()
    await listener.shutDown()
  }

  @Test func `frames of all lengths go both ways in the clear`() async throws {
    let listener = try await TestListener.start()
    try await echo(listener, .connect(listener.url()))
  }

  @Test(arguments: ["localhost", "127.0.0.1"])
  func `frames of all lengths go both ways over TLS, to a name and to an address`(host: String) async throws {
    let files = try TestFiles()
    let tls = try ServerTLS(certificate: files.path("server"), key: files.path("server-key"))
    let listener = try await TestListener.start(tls: tls)
    let client = try await TestClient.connect(listener.url(secure: true, host: host)) {
      $0.trust = .file(files.path("ca"))
    }
    try await echo(listener, client)
  }

  @Test func `a beacon is reached over IPv6`() async throws {
    let listener = try await TestListener.start(address: Endpoint(high: 0, low: 1, port: 0))
    try await echo(listener, .connect(listener.url(host: "::1")))
  }

  @Test func `a frame that is too long is refused with the limit, and nothing is sent`() async throws {
    let listener = try await TestListener.start(.nothing)
    let client = try await TestClient.connect(listener.url())
    let refusal = await failure { try client.send(pattern(65_536)) }
    #expect(refusal?.code == .frameTooLarge(limit: 65_535))
    #expect(client.transport.maximumFrameLength == 65_535)
    try client.send([1])
    try await listener.log.wait { $0.frames == [[1]] }
    var batch = FrameBatch()
    for frame in [[2], pattern(65_536), [3]] as [[UInt8]] { _ = batch.append(frame, to: .wssBeacon) }
    var taken = try client.transport.send(contentsOf: batch)
    #expect(taken == 1)
    batch.removeFirst(1)
    do throws(TransportError) {
      _ = try client.transport.send(contentsOf: batch)
      Issue.record("a batch that begins with a frame that is too long has to throw")
    } catch {
      #expect(error.code == .frameTooLarge(limit: 65_535))
    }
    batch.removeFirst(1)
    taken = try client.transport.send(contentsOf: batch)
    #expect(taken == 1)
    try await listener.log.wait { $0.frames == [[1], [2], [3]] }
    client.close()
    await listener.shutDown()
  }

  @Test(arguments: [1_000, nil] as [UInt64?])
  func `a challenge is answered with and without a time`(time: UInt64?) async throws {
    let server = try await RawServer.start()
    async let connecting = TestClient.connect(server.url)
    let beacon = try await server.nextBeacon()
    try await beacon.establish(time: time)
    let client = try await connecting
    try await beacon.send(.binary([7]))
    #expect(try await client.next() == [7])
    client.close()
    await server.stop()
  }

  @Test func `a message of 65,536 bytes is taken, as deployed nodes take it, and one more byte closes with 1009`()
    async throws
  {
    let server = try await RawServer.start()
    async let connecting = TestClient.connect(server.url)
    let beacon = try await server.nextBeacon()
    try await beacon.establish()
    let client = try await connecting
    try await beacon.send(.binary(pattern(65_536)))
    #expect(try await client.next() == pattern(65_536))
    try await beacon.send(.binary(pattern(65_537)))
    guard case .close(let close) = try await beacon.connection.takeFrame() else { throw Unexpected("no Close") }
    #expect(close.code == .messageTooBig)
    client.close()
    await server.stop()
  }

  @Test func `the request is the one that beacons expect`() async throws {
    let server = try await RawServer.start()
    let client = try TestClient.start(server.url)
    let request = try await server.nextBeacon().upgrade()
    let lines = request.split(separator: "\r\n").map(String.init)
    #expect(lines.first == "GET /v1/compat HTTP/1.1")
    for line in [
      "Host: 127.0.0.1:\(server.address.port)", "Connection: upgrade", "Upgrade: websocket",
      "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Protocol: pilot.v2, pilot.v1",
    ] { #expect(lines.contains(line), "\(line)") }
    client.close()
    await server.stop()
  }

  @Test func `what comes in the same read as the 101, and as auth_ok, is not lost`() async throws {
    let server = try await RawServer.start()
    async let connecting = TestClient.connect(server.url)
    let beacon = try await server.nextBeacon()
    let challenge = try TestIdentities.challenge()
    try await beacon.upgrade(
      { "HTTP/1.1 103 Early Hints\r\nX: y\r\n\r\n" + $0 }, then: RawFrame.text(challenge.json).bytes)
    _ = try await beacon.takeReply()
    try await beacon.send(.text(AuthOK().json), .binary([1]), .binary([2]))
    let client = try await connecting
    #expect(try await client.next(2) == [[1], [2]])
    client.close()
    await server.stop()
  }

  @Test func `a transport that nobody refers to closes, and its receiver counts`() async throws {
    let listener = try await TestListener.start()
    var transport: WSSTransport? = try await WSSTransport.connect(TestClient.configuration(listener.url()))
    weak let observed = transport
    guard let receiver = try transport?.makeReceiver() else { throw Unexpected("no transport") }
    try await readOne(receiver, from: listener) { transport = nil }
    #expect(observed == nil)
    try await listener.log.wait { $0.detached.count == 1 }
    await listener.shutDown()
  }

  private func readOne(
    _ receiver: consuming Receiver, from listener: TestListener, after release: () -> Void
  ) async throws {
    release()
    let connection = try await listener.connection(of: 7)
    let bytes: [UInt8] = [5]
    _ = connection.send(head: bytes.span.raw, body: RawSpan())
    var receiver = receiver
    let frame = try await receiver.next()
    #expect(frame.copiedBytes == [5])
  }
}
