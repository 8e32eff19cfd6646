#if os(Linux) && !CPILOT_UDP_PLAIN
  import PilotTransport
  import PilotUDP
  import PilotWire
  import Testing

  /// Answers leave from the address that was written to.
  @Suite(.timeLimit(.minutes(1)))
  struct LocalAddressTests {
    /// The ways to have a socket that hears all of this machine's addresses.
    enum Wildcard: CaseIterable {
      case ipv4, dualStack, adoptedIPv4, adoptedDualStack

      var reachesIPv6: Bool { self == .dualStack || self == .adoptedDualStack }

      func open() throws -> UDPTransport {
        switch self {
        case .ipv4: return try .at(Endpoint(ipv4: 0, 0, 0, 0, port: 0))
        case .dualStack: return try .bind()
        case .adoptedIPv4, .adoptedDualStack:
          let descriptor = Sockets.make(.udp, ipv6: reachesIPv6)
          #expect(Sockets.bindToAll(descriptor, ipv6: reachesIPv6) == 0)
          #expect(Sockets.reportTimes(descriptor) == 0)
          return try .adopt(descriptor: descriptor)
        }
      }
    }

    /// Loopback addresses with this port. From 127.0.0.1, the kernel would answer for all of IPv4's.
    private static func addresses(_ port: UInt16, ipv6: Bool) -> [Endpoint] {
      [
        Endpoint(ipv4: 127, 0, 0, 2, port: port), Endpoint(ipv4: 127, 0, 0, 1, port: port),
        Endpoint(ipv4: 127, 9, 8, 7, port: port),
      ] + (ipv6 ? [Endpoint(high: 0, low: 1, port: port)] : [])
    }

    private static func peer(of address: Endpoint) throws -> UDPTransport {
      address.isIPv4 ? try .ipv4() : try .ipv6()
    }

    @Test(arguments: Wildcard.allCases)
    func `an answer leaves from the address that was written to`(wildcard: Wildcard) async throws {
      let server = try wildcard.open()
      let box = try HeldReceiver(server)
      var locals: Set<LocalAddress> = []
      let addresses = Self.addresses(server.localEndpoint.port, ipv6: wildcard.reachesIPv6)
      for address in addresses + addresses {
        let peer = try Self.peer(of: address)
        let peerBox = try HeldReceiver(peer)
        try peer.send([1], to: address)
        let (kept, local) = try await box.nextWithLocal()
        #expect(kept == Kept(bytes: [1], source: peer.localEndpoint))
        locals.insert(local)
        #expect(server.endpoint(of: local) == address)
        try server.send([2], to: kept.source, from: local)
        #expect(try await peerBox.next() == Kept(bytes: [2], source: address))
        var batch = FrameBatch()
        for number in 3..<6 as Range<UInt8> { batch.add([number], to: kept.source, from: local) }
        batch.add([6, 6], to: kept.source, from: local)
        try server.send(batch, expecting: 4)
        #expect(try await peerBox.next(4) == [[3], [4], [5], [6, 6]].map { Kept(bytes: $0, source: address) })
      }
      #expect(!locals.contains(.any))
      #expect(locals.count == addresses.count)
      #expect(server.endpoint(of: .any) == nil)
      #expect(server.counters.framesWithoutLocal == 0 && server.counters.framesFromElsewhere == 0)
    }

    @Test func `frames that are received by the batch say where they were written to, frame by frame`() async throws {
      let server = try UDPTransport.bind()
      var receiver = try server.makeReceiver()
      let peer = try UDPTransport.ipv4()
      let addresses = Self.addresses(server.localEndpoint.port, ipv6: false)
      var batch = FrameBatch()
      for number in 0..<60 { batch.add(pattern(100, seed: number), to: addresses[number / 5 % 3]) }
      try peer.send(batch, expecting: 60)
      var places: [LocalAddress: [[UInt8]]] = [:]
      while places.values.reduce(0, { $0 + $1.count }) < 60 {
        try unsafe await receiver.receiveRuns { lent in
          var cursor = RunCursor()
          unsafe lent.forEachFrame(from: &cursor, limit: 60) { frame, _, local in
            places[local, default: []].append(frame.copied)
          }
        }
      }
      let expected = (0..<3).map { place in
        (0..<60).filter { $0 / 5 % 3 == place }.map { pattern(100, seed: $0) }
      }
      #expect(Set(places.values) == Set(expected))
      #expect(places[.any] == nil)
    }

    @Test(arguments: [true, false])
    func `a batch from several addresses keeps each frame's, and the order for each destination`(
      segmentation: Bool
    ) async throws {
      let server = try UDPTransport.at(Endpoint(high: 0, low: 0, port: 0)) { $0.sendSegmentation = segmentation }
      let box = try HeldReceiver(server)
      let addresses = Self.addresses(server.localEndpoint.port, ipv6: false)
      let peers = try (0..<2).map { _ in try UDPTransport.ipv4() }
      let boxes = try peers.map { try HeldReceiver($0) }
      var locals: [LocalAddress] = []
      for address in addresses {
        try peers[0].send([0], to: address)
        locals.append(try await box.nextWithLocal().local)
      }
      // Two destinations in turn; for each, the address changes after three frames, all of one length.
      let count = 90
      var batch = FrameBatch()
      for number in 0..<count {
        batch.add(pattern(200, seed: number), to: peers[number % 2].localEndpoint, from: locals[number / 6 % 3])
      }
      try server.send(batch, expecting: count)
      for (index, peerBox) in boxes.enumerated() {
        let numbers = stride(from: index, to: count, by: 2)
        let expected = numbers.map { Kept(bytes: pattern(200, seed: $0), source: addresses[$0 / 6 % 3]) }
        #expect(try await peerBox.next(expected.count) == expected)
      }
      #expect(server.counters.drops.outgoing == 0)
    }

    @Test func `what one socket of a group heard is answered by another from the same address`() async throws {
      var configuration = UDPTransport.Configuration()
      configuration.bindTo = Endpoint(high: 0, low: 0, port: 0)
      let group = try UDPTransport.bindGroup(of: 2, configuration)
      let address = Endpoint(ipv4: 127, 0, 0, 2, port: group[0].localEndpoint.port)
      let peer = try UDPTransport.ipv4()
      let peerBox = try HeldReceiver(peer)
      try await withThrowingTaskGroup(of: (heardBy: Int, local: LocalAddress)?.self) { tasks in
        for (index, socket) in group.enumerated() {
          let box = try HeldReceiver(socket)
          tasks.addTask { (try? await box.nextWithLocal()).map { (index, $0.local) } }
        }
        try peer.send([1], to: address)
        let heard = try #require(try await tasks.next() ?? nil)
        for socket in [heard.heardBy, 1 - heard.heardBy] {
          try group[socket].send([UInt8(socket)], to: peer.localEndpoint, from: heard.local)
          #expect(try await peerBox.next() == Kept(bytes: [UInt8(socket)], source: address))
        }
        for socket in group { socket.close() }
      }
    }

    @Test func `a broadcast address becomes no source`() async throws {
      let server = try UDPTransport.at(Endpoint(ipv4: 0, 0, 0, 0, port: 0))
      let box = try HeldReceiver(server)
      let descriptor = Sockets.make(.udp)
      #expect(Sockets.bindToLoopback(descriptor) == 0)
      #expect(Sockets.allowBroadcast(descriptor) == 0)
      let peer = try UDPTransport.adopt(descriptor: descriptor)
      let peerBox = try HeldReceiver(peer)
      let port = server.localEndpoint.port
      try peer.send([1], to: Endpoint(ipv4: 127, 255, 255, 255, port: port))
      let (kept, local) = try await box.nextWithLocal()
      #expect(local == .any)
      #expect(server.counters.framesWithoutLocal == 1)
      try server.send([2], to: kept.source, from: local)
      #expect(try await peerBox.next() == Kept(bytes: [2], source: Endpoint(ipv4: 127, 0, 0, 1, port: port)))
    }

    @Test func `whoever writes to all of a prefix leaves room for the addresses that interfaces have`() async throws {
      let server = try UDPTransport.bind()
      let box = try HeldReceiver(server)
      let peer = try UDPTransport.ipv4()
      let peerBox = try HeldReceiver(peer)
      let port = server.localEndpoint.port
      var unknown = 0
      for number in 1...150 as ClosedRange<UInt8> {
        try peer.send([number], to: Endpoint(ipv4: 127, 0, 1, number, port: port))
        let (_, local) = try await box.nextWithLocal()
        if local == .any { unknown += 1 }
        #expect((local == .any) == (number > 128), "\(number)")
      }
      try #require(unknown > 0)
      #expect(server.counters.framesWithoutLocal == UInt64(unknown))
      var events = server.events.makeAsyncIterator()
      let notice = await events.next { event -> String? in
        guard case .notice(let text) = event, text.contains("addresses") else { return nil }
        return text
      }
      #expect(notice?.contains("255") == true)
      let own = Endpoint(ipv4: 127, 0, 0, 1, port: port)
      try peer.send([0], to: own)
      let (kept, local) = try await box.nextWithLocal()
      #expect(local != .any)
      try server.send([0], to: kept.source, from: local)
      #expect(try await peerBox.next().source == own)
      // Told once.
      server.close()
      let another = await events.next { event in if case .notice(let text) = event { text } else { nil } }
      #expect(another == nil)
    }

    @Test func `a socket that is bound to one address has no other, and counts nothing`() async throws {
      let server = try UDPTransport.ipv4()
      let box = try HeldReceiver(server)
      let peer = try UDPTransport.ipv4()
      try peer.send([1], to: server.localEndpoint)
      #expect(try await box.nextWithLocal().local == .any)
      #expect(server.counters.framesWithoutLocal == 0)
    }
  }
#endif
