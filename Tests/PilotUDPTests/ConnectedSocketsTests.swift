import PilotTesting
import PilotTransport
import PilotWire
import Testing

@testable import PilotUDP

/// Keeps what comes, by socket.
private final class KeepingReader: ConnectedSocketReader {
  struct State: Sendable {
    var payloads: [UInt64: [[UInt8]]] = [:]
    var drained = 0

    var count: Int { payloads.values.reduce(0) { $0 + $1.count } }
  }

  let state = Watched(State())

  func receive(_ payload: RawSpan, on socket: UInt64) {
    let bytes = payload.copied
    state.update { $0.payloads[socket, default: []].append(bytes) }
  }

  func drained() { state.update { $0.drained += 1 } }
}

@Suite("many sockets with one peer each", .timeLimit(.minutes(1)))
struct ConnectedSocketsTests {
  private static func batch(_ frames: [[UInt8]], to peer: Endpoint) -> FrameBatch {
    var batch = FrameBatch()
    for frame in frames { _ = batch.append(frame, to: peer) }
    return batch
  }

  @Test("each has a port of its own, and gets its own answers", arguments: [false, true])
  func answers(ipv6: Bool) async throws {
    let service = try ipv6 ? UDPTransport.ipv6() : UDPTransport.ipv4()
    let box = try HeldReceiver(service)
    let reader = KeepingReader()
    let sockets = try ConnectedSockets()
    try sockets.start(reader)
    defer { sockets.close() }
    let numbers = try (0..<50).map { _ in try sockets.open(to: service.localEndpoint) }
    #expect(Set(numbers).count == 50 && sockets.count == 50)
    for (index, number) in numbers.enumerated() {
      let batch = Self.batch([[UInt8(index)], [], [UInt8(index), 1]], to: service.localEndpoint)
      let sent = try sockets.send(contentsOf: batch, on: number)
      #expect(sent == 3)
    }
    let asked = try await box.next(150)
    #expect(Set(asked.map(\.source)).count == 50)
    for frame in asked { try service.send(frame.bytes + [0xFF], to: frame.source) }
    let state = try await reader.state.first { $0.count == 150 && $0.drained > 0 ? $0 : nil }
    for (index, number) in numbers.enumerated() {
      #expect(state.payloads[number] == [[UInt8(index), 0xFF], [0xFF], [UInt8(index), 1, 0xFF]])
    }
    #expect(sockets.counters.framesReceived == 150 && sockets.counters.framesSent == 150)
  }

  @Test("only the peer is heard")
  func strangers() async throws {
    let service = try UDPTransport.ipv4()
    let stranger = try UDPTransport.ipv4()
    let box = try HeldReceiver(service)
    let reader = KeepingReader()
    let sockets = try ConnectedSockets()
    try sockets.start(reader)
    defer { sockets.close() }
    let number = try sockets.open(to: service.localEndpoint)
    _ = try sockets.send(contentsOf: Self.batch([[1]], to: service.localEndpoint), on: number)
    let asked = try await box.next()
    try stranger.send([9], to: asked.source)
    try service.send([2], to: asked.source)
    let state = try await reader.state.first { $0.count > 0 ? $0 : nil }
    #expect(state.payloads == [number: [[2]]])
  }

  @Test("bulk comes whole and in its order")
  func bulk() async throws {
    let service = try UDPTransport.ipv4()
    let box = try HeldReceiver(service)
    let reader = KeepingReader()
    let sockets = try ConnectedSockets()
    try sockets.start(reader)
    defer { sockets.close() }
    let number = try sockets.open(to: service.localEndpoint)
    _ = try sockets.send(contentsOf: Self.batch([[1]], to: service.localEndpoint), on: number)
    let client = try await box.next().source
    let frames = (0..<600).map { index in pattern(1_000 + index % 2, seed: index) }
    for start in stride(from: 0, to: frames.count, by: 100) {
      let sent = try service.send(contentsOf: Self.batch(Array(frames[start..<start + 100]), to: client))
      #expect(sent == 100)
      _ = try await reader.state.first { $0.count >= start + 100 ? true : nil }
    }
    let state = try await reader.state.first { $0.count >= 600 ? $0 : nil }
    #expect(state.payloads[number] == frames)
  }

  #if os(Linux) && !CPILOT_UDP_PLAIN
    @Test("a peer that has no socket shows as an event, and doesn't keep the thread busy")
    func unreachable() async throws {
      let service = try UDPTransport.ipv4()
      let gone = try UDPTransport.ipv4().localEndpoint
      let box = try HeldReceiver(service)
      let reader = KeepingReader()
      let sockets = try ConnectedSockets()
      try sockets.start(reader)
      defer { sockets.close() }
      let toNobody = try sockets.open(to: gone)
      let number = try sockets.open(to: service.localEndpoint)
      var events = sockets.events.makeAsyncIterator()
      _ = try? sockets.send(contentsOf: Self.batch([[1]], to: gone), on: toNobody)
      var told: Endpoint?
      while told == nil, let event = await events.next() {
        if case .unreachable(let endpoint, _, _) = event { told = endpoint }
      }
      #expect(told == gone)
      _ = try sockets.send(contentsOf: Self.batch([[1]], to: service.localEndpoint), on: number)
      try service.send([2], to: try await box.next().source)
      let state = try await reader.state.first { $0.count > 0 ? $0 : nil }
      #expect(state.payloads == [number: [[2]]])
      #expect(state.drained < 20, "\(state.drained) turns")
    }
  #endif

  @Test("what is closed is neither sent on nor read, and the numbers of others stay right")
  func closed() async throws {
    let service = try UDPTransport.ipv4()
    let box = try HeldReceiver(service)
    let reader = KeepingReader()
    let sockets = try ConnectedSockets()
    try sockets.start(reader)
    let (first, second) = (try sockets.open(to: service.localEndpoint), try sockets.open(to: service.localEndpoint))
    var sources: [Endpoint] = []
    for number in [first, second] {
      _ = try sockets.send(contentsOf: Self.batch([[1]], to: service.localEndpoint), on: number)
      sources.append(try await box.next().source)
    }
    sockets.close(first)
    sockets.close(first)
    let third = try sockets.open(to: service.localEndpoint)
    #expect(third != first && sockets.count == 2)
    do {
      _ = try sockets.send(contentsOf: Self.batch([[1]], to: service.localEndpoint), on: first)
      Issue.record("it is closed")
    } catch {
      #expect(error.code == .closed)
    }
    try? service.send([7], to: sources[0])
    try service.send([8], to: sources[1])
    let state = try await reader.state.first { $0.count > 0 ? $0 : nil }
    #expect(state.payloads == [second: [[8]]])
    sockets.close()
    sockets.close()
    #expect(throws: TransportError.self) { try sockets.open(to: service.localEndpoint) }
  }

  @Test("what no socket can send to is refused")
  func refused() throws {
    let sockets = try ConnectedSockets()
    defer { sockets.close() }
    #expect(throws: TransportError.self) { try sockets.open(to: .any(port: 1)) }
    #expect(throws: TransportError.self) { try sockets.open(to: .loopback(port: 0)) }
    #expect(sockets.count == 0)
  }
}
