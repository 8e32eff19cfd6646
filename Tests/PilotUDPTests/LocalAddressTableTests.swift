#if os(Linux) && !CPILOT_UDP_PLAIN
  import CPilotUDP
  import PilotTransport
  import PilotWire
  import Testing

  @testable import PilotUDP

  /// Which addresses get numbers, and what the kernel makes of sources that it doesn't have.
  @Suite(.timeLimit(.minutes(1)))
  struct LocalAddressTableTests {
    private static let family = CInt(cpilot_udp_family_ipv6)

    private static func ipv4(_ number: UInt32) -> cpilot_udp_local {
      cpilot_udp_local(high: 0, low: 0xFFFF_0000_0000 | UInt64(number), interface: 0)
    }

    private static func ipv6(_ high: UInt64, _ low: UInt64) -> cpilot_udp_local {
      cpilot_udp_local(high: high, low: low, interface: 0)
    }

    private static func knows(_ local: LocalAddress, _ table: LocalAddressTable) -> Bool {
      unsafe table.source(of: local) != nil
    }

    private static func standing(of address: cpilot_udp_local) -> LocalAddressTable.Standing {
      LocalAddressTable.ask(address, looksForInterface: true)
    }

    @Test func `addresses of interfaces and of this machine's prefixes are sources`() {
      #expect(Self.standing(of: Self.ipv4(0x7F00_0001)) == .assigned)
      #expect(Self.standing(of: Self.ipv4(0x7F00_0002)) == .source)
      #expect(Self.standing(of: Self.ipv6(0, 1)) == .assigned)
    }

    @Test func `multicast, broadcast and other machines' addresses are none`() {
      let addresses = [
        Self.ipv4(0xE000_0001), Self.ipv4(0xEFFF_FFFF), Self.ipv4(0x7FFF_FFFF), Self.ipv4(0xFFFF_FFFF),
        Self.ipv4(0xC000_0207), Self.ipv6(0xFF02 << 48, 1), Self.ipv6(0xFF0E << 48, 0x101),
        Self.ipv6(0x2001_0DB8 << 32, 7),
      ]
      for address in addresses { #expect(Self.standing(of: address) == .noSource, "\(address)") }
    }

    @Test func `a number stands for the same address for good, and a repeated one gets no other`() {
      let table = LocalAddressTable(family: Self.family) { _, _ in .source }
      let now = ContinuousClock.now
      for number in 1...100 as ClosedRange<UInt32> {
        let local = LocalAddress(index: UInt8(number))
        #expect(table.find(Self.ipv4(number)) == nil)
        #expect(Self.knows(local, table) == false)
        for _ in 0..<2 { #expect(table.admit(Self.ipv4(number), at: now) == .admitted(local)) }
        #expect(Self.knows(local, table))
      }
      for number in 1...100 as ClosedRange<UInt32> {
        #expect(table.find(Self.ipv4(number)) == LocalAddress(index: UInt8(number)))
      }
      #expect(!Self.knows(.any, table))
    }

    @Test func `link-local addresses are apart for each interface`() {
      let table = LocalAddressTable(family: Self.family) { _, _ in .source }
      let addresses = [1, 2].map { cpilot_udp_local(high: 0xFE80 << 48, low: 1, interface: $0) }
      let numbers = addresses.map { table.admit($0, at: .now) }
      #expect(numbers == [1, 2].map { .admitted(LocalAddress(index: $0)) })
    }

    @Test func `half of the room is for addresses of interfaces, a full table takes none, and each is told once`() {
      let table = LocalAddressTable(family: Self.family) { address, looksForInterface in
        looksForInterface && address.low & 1 == 0 ? .assigned : .source
      }
      // Odd addresses are no interface's.
      let odd = (0..<200 as Range<UInt32>).map { Self.ipv4($0 * 2 + 1) }
      var outcomes: [LocalAddressTable.Admission] = odd.prefix(130).map { table.admit($0, at: .now) }
      #expect(outcomes.prefix(128) == (1...128).map { .admitted(LocalAddress(index: $0)) }[...])
      #expect(outcomes.suffix(2) == [.full(isNews: true), .full(isNews: false)])
      let later = ContinuousClock.now.advanced(by: .seconds(100))
      outcomes = (0..<128 as Range<UInt32>).map { table.admit(Self.ipv4($0 * 2), at: later) }
      #expect(outcomes.prefix(127) == (129...255).map { .admitted(LocalAddress(index: $0)) }[...])
      #expect(outcomes.last == .full(isNews: false))
      #expect(table.find(odd[0]) == LocalAddress(index: 1))
    }

    @Test func `the machine is asked as often as there are places, then sixteen times a second`() {
      var budget = AdmissionBudget()
      let start = ContinuousClock.now
      #expect((0..<300).count { _ in budget.take(at: start) } == 255)
      #expect((0..<300).count { _ in budget.take(at: start.advanced(by: .milliseconds(999))) } == 15)
      #expect((0..<300).count { _ in budget.take(at: start.advanced(by: .seconds(1))) } == 1)
      #expect((0..<300).count { _ in budget.take(at: start) } == 0)
      #expect((0..<300).count { _ in budget.take(at: start.advanced(by: .seconds(1_000_000_000))) } == 255)
    }

    @Test func `readers that meet the same new addresses at once agree on their numbers`() async {
      let table = LocalAddressTable(family: Self.family) { _, _ in .source }
      let addresses = (1...100 as ClosedRange<UInt32>).map { Self.ipv4($0) }
      let seen = await withTaskGroup(of: [LocalAddress?].self) { tasks in
        for _ in 0..<4 {
          tasks.addTask {
            for address in addresses where table.find(address) == nil { _ = table.admit(address, at: .now) }
            return addresses.map { table.find($0) }
          }
        }
        return await tasks.reduce(into: []) { $0.append($1) }
      }
      #expect(Set(seen).count == 1)
      #expect(Set(seen[0].compactMap { $0 }).count == 100)
    }

    /// Sockets whose table holds an address that this machine doesn't have.
    private static let lost: [(bind: Endpoint, lost: cpilot_udp_local, peer: Endpoint)] = [
      (Endpoint(ipv4: 0, 0, 0, 0, port: 0), ipv4(0xC000_0207), Endpoint(ipv4: 127, 0, 0, 1, port: 0)),
      (Endpoint(high: 0, low: 0, port: 0), ipv4(0xC000_0207), Endpoint(ipv4: 127, 0, 0, 1, port: 0)),
      (Endpoint(high: 0, low: 0, port: 0), ipv6(0x2001_0DB8 << 32, 7), Endpoint(high: 0, low: 1, port: 0)),
      // The wrong family for the destination.
      (Endpoint(high: 0, low: 0, port: 0), ipv6(0, 1), Endpoint(ipv4: 127, 0, 0, 1, port: 0)),
      (Endpoint(high: 0, low: 0, port: 0), ipv4(0x7F00_0001), Endpoint(high: 0, low: 1, port: 0)),
    ]

    @Test(arguments: lost.indices)
    func `frames from an address that the machine has lost leave from another, in order`(_ index: Int) async throws {
      let (bind, lost, place) = Self.lost[index]
      var configuration = UDPTransport.Configuration()
      configuration.bindTo = bind
      let opened = try OpenedSocket.bind(configuration)
      let table = LocalAddressTable(family: opened.reach.family) { _, _ in .source }
      let server = try UDPTransport(opened, configuration: configuration, sharing: table)
      guard case .admitted(let local) = table.admit(lost, at: .now) else {
        Issue.record("not admitted")
        return
      }
      let peer = try UDPTransport.at(place)
      let box = try HeldReceiver(peer)
      let source = Endpoint(high: place.high, low: place.low, port: server.localEndpoint.port)
      try server.send([7], to: peer.localEndpoint, from: local)
      #expect(try await box.next() == Kept(bytes: [7], source: source))
      var batch = FrameBatch()
      let frames = (0..<40).map { pattern($0 < 30 ? 100 : 100 - $0, seed: $0) }
      for (number, frame) in frames.enumerated() {
        batch.add(frame, to: peer.localEndpoint, from: number % 13 == 12 ? .any : local)
      }
      try server.send(batch, expecting: 40)
      #expect(try await box.next(40) == frames.map { Kept(bytes: $0, source: source) })
      #expect(server.counters.framesSent == 41)
      #expect(server.counters.framesFromElsewhere == 38)
      #expect(server.counters.drops.outgoing == 0)
    }

    @Test func `a lost address costs no destination its segmentation`() throws {
      let limits = SegmentLimits(isAvailable: true)
      let opened = try OpenedSocket.bind(UDPTransport.Configuration())
      let table = LocalAddressTable(family: opened.reach.family) { _, _ in .source }
      guard case .admitted(let local) = table.admit(Self.ipv4(0xC000_0207), at: .now) else {
        Issue.record("not admitted")
        return
      }
      let counters = UDPCounters()
      let sender = DatagramSender(
        socket: opened.socket, reach: opened.reach, counters: counters,
        errors: ErrorQueue(counters: counters, events: TransportEventSource()), limits: limits, locals: table)
      let peer = try UDPTransport.ipv4()
      var batch = FrameBatch()
      for number in 0..<20 { batch.add(pattern(100, seed: number), to: peer.localEndpoint, from: local) }
      let taken = try sender.send(contentsOf: batch)
      #expect(taken == 20)
      #expect(counters.snapshot.framesFromElsewhere == 20)
      #expect(limits.segments(of: 100, to: peer.localEndpoint) == 64)
    }

    @Test func `a number that the table doesn't have lets the system choose`() async throws {
      let server = try UDPTransport.bind()
      let peer = try UDPTransport.ipv4()
      let box = try HeldReceiver(peer)
      for sender in [server, try UDPTransport.ipv4()] {
        try sender.send([1], to: peer.localEndpoint, from: LocalAddress(index: 200))
        let source = Endpoint(ipv4: 127, 0, 0, 1, port: sender.localEndpoint.port)
        #expect(try await box.next() == Kept(bytes: [1], source: source))
      }
    }
  }
#endif
