#if os(Linux)
  import PilotTransport
  import PilotUDP
  import PilotWire
  import Synchronization
  import Testing

  @Suite(.timeLimit(.minutes(1)))
  struct SocketGroupTests {
    @Test func `a source's datagrams arrive in order at one socket of the group, and others' at the others`()
      async throws
    {
      var configuration = UDPTransport.Configuration()
      configuration.bindTo = Endpoint(ipv4: 127, 0, 0, 1, port: 0)
      let group = try UDPTransport.bindGroup(of: 2, configuration)
      #expect(Set(group.map(\.localEndpoint)).count == 1)
      let senders = try (0..<64).map { _ in try UDPTransport.ipv4() }
      for number in 0..<3 as Range<UInt8> {
        for sender in senders { try sender.send([number], to: group[0].localEndpoint) }
      }
      let left = Countdown(3 * senders.count)
      var places: [Endpoint: [(socket: Int, bytes: [UInt8])]] = [:]
      try await withThrowingTaskGroup(of: (Int, [Kept]).self) { tasks in
        for (index, socket) in group.enumerated() {
          tasks.addTask { (index, try await Self.receive(from: socket, left: left) { group.forEach { $0.close() } }) }
        }
        for try await (index, frames) in tasks {
          for kept in frames { places[kept.source, default: []].append((index, kept.bytes)) }
        }
      }
      #expect(places.count == senders.count)
      #expect(places.values.allSatisfy { $0.map(\.bytes) == [[0], [1], [2]] })
      #expect(places.values.allSatisfy { Set($0.map(\.socket)).count == 1 })
      // The kernel hashes addresses and ports: that all 64 fall to one socket has a chance of 2 in 2⁶⁴.
      #expect(Set(places.values.compactMap { $0.first?.socket }) == [0, 1])
    }

    /// Receives until nothing is left for anybody.
    private static func receive(
      from transport: UDPTransport, left: Countdown, whenDone: () -> Void
    ) async throws -> [Kept] {
      let box = try HeldReceiver(transport)
      var frames: [Kept] = []
      do {
        while true {
          let new = try await box.receive()
          frames += new
          if left.take(new.count) == 0 { whenDone() }
        }
      } catch {
        return frames
      }
    }

    @Test func `a group's address is taken for everybody else`() throws {
      var configuration = UDPTransport.Configuration()
      configuration.bindTo = Endpoint(ipv4: 127, 0, 0, 1, port: 0)
      let group = try UDPTransport.bindGroup(of: 2, configuration)
      configuration.bindTo = group[0].localEndpoint
      #expect(code { () throws(TransportError) in _ = try UDPTransport.bind(configuration) } == .bindFailed)
      #expect(code { () throws(TransportError) in _ = try UDPTransport.bindGroup(of: 2, configuration) } == .bindFailed)
    }
  }

  private final class Countdown: Sendable {
    private let left: Atomic<Int>

    init(_ count: Int) { left = Atomic(count) }

    func take(_ count: Int) -> Int { left.subtract(count, ordering: .relaxed).newValue }
  }
#endif
