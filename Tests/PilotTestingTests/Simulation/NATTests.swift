import PilotTesting
import PilotTransport
import PilotWire
import Testing

/// In the terms of RFC 4787, with the tests of its section 4 and 5: who sends to whom first, and who may then answer.
@Suite("A simulated NAT")
struct NATTests {
  /// A host behind a NAT, and remotes: two ports of one address, and one of another.
  private struct Scene {
    var network = SimulatedNetwork(seed: 1)
    let nat: SimulatedNetwork.NAT
    let inside: Host
    let remotes: [Host]

    static let places: [Endpoint] = [.test(1), .test(1, port: 4_001), .test(2)]

    init(_ behavior: NATBehavior) {
      nat = network.addNAT(behavior, at: .test(99))
      inside = network.addHost(at: .inside(1), behind: nat)
      var remotes: [Host] = []
      for place in Self.places { remotes.append(network.addHost(at: place)) }
      self.remotes = remotes
    }

    /// The source under which the host is seen at a remote, and speaks to it.
    mutating func speak(to remote: Int) throws -> Endpoint? {
      try network.probe(from: inside, to: Self.places[remote])?.source
    }

    /// Which remotes get through to an endpoint.
    mutating func whoReaches(_ endpoint: Endpoint) throws -> [Bool] {
      var reached: [Bool] = []
      for remote in remotes { reached.append(try network.probe(from: remote, to: endpoint)?.host == inside) }
      return reached
    }

    mutating func wait(_ duration: Duration) throws {
      #expect(try network.step(until: network.now.advanced(by: duration)) == nil)
    }
  }

  private static let cones: [(NATBehavior, [Bool])] = [
    (.fullCone, [true, true, true]), (.addressRestricted, [true, true, false]),
    (.portRestricted, [true, false, false]),
    (.symmetric, [true, false, false]),
  ]

  @Test("lets in whom its filtering says, once its host has sent", arguments: cones)
  func filtering(_ behavior: NATBehavior, _ expected: [Bool]) throws {
    var scene = Scene(behavior)
    let external = try #require(try scene.speak(to: 0))
    #expect(external.withoutPort == Endpoint.test(99).withoutPort)
    #expect(try scene.whoReaches(external) == expected)
    #expect(scene.network.counters.drops[.natFiltered] == UInt64(expected.count { !$0 }))
    #expect(scene.network.counters.isConserved)
  }

  private static let mappings: [(NATBehavior.Dependence, [Int])] = [
    (.endpointIndependent, [0, 0, 0]), (.addressDependent, [0, 0, 2]), (.addressAndPortDependent, [0, 1, 2]),
  ]

  @Test("maps as its mapping says: which remotes see the same port", arguments: mappings)
  func mapping(_ dependence: NATBehavior.Dependence, _ sameAs: [Int]) throws {
    var scene = Scene(NATBehavior(mapping: dependence))
    let seen = try (0..<3).map { try scene.speak(to: $0) }
    for (index, first) in sameAs.enumerated() {
      #expect(seen[index] != nil)
      #expect(seen.firstIndex(of: seen[index]) == first)
      #expect(scene.network.endpoint(of: scene.inside, seenBy: Scene.places[index]) == seen[index])
    }
    // Again, it stays.
    #expect(try (0..<3).map { try scene.speak(to: $0) } == seen)
  }

  @Test("lets nobody in before its host has sent, nor to a port that isn't mapped", arguments: cones.map(\.0))
  func unsolicited(_ behavior: NATBehavior) throws {
    var scene = Scene(behavior)
    #expect(try scene.whoReaches(.test(99, port: 2_000)) == [false, false, false])
    #expect(try scene.whoReaches(.inside(1)) == [false, false, false])
    #expect(scene.network.counters.drops[.natUnmapped] == 3)
    #expect(scene.network.counters.drops[.noRoute] == 3)
  }

  @Test("forgets a mapping that is idle, and keeps one that goes out (REQ-5, REQ-6)", arguments: cones.map(\.0))
  func idle(_ behavior: NATBehavior) throws {
    var behavior = behavior
    behavior.idleTimeout = .seconds(30)
    var scene = Scene(behavior)
    let external = try #require(try scene.speak(to: 0))
    for _ in 0..<10 {
      try scene.wait(.seconds(29))
      #expect(try scene.speak(to: 0) == external)
    }
    try scene.wait(.seconds(29))
    #expect(try scene.whoReaches(external)[0])
    // What came in has not kept it alive.
    try scene.wait(.seconds(1))
    #expect(try scene.whoReaches(external) == [false, false, false])
    let next = try #require(try scene.speak(to: 0))
    #expect(next != external)
    #expect(try scene.whoReaches(external) == [false, false, false])
    #expect(try scene.whoReaches(next)[0])
  }

  @Test("keeps a mapping that comes in, if it is told to")
  func inboundRefresh() throws {
    var behavior = NATBehavior.portRestricted
    behavior.idleTimeout = .seconds(30)
    behavior.refreshesOnInbound = true
    var scene = Scene(behavior)
    let external = try #require(try scene.speak(to: 0))
    for _ in 0..<10 {
      try scene.wait(.seconds(29))
      #expect(try scene.whoReaches(external) == [true, false, false])
    }
  }

  @Test("a permission ends by itself, though the mapping goes on")
  func permission() throws {
    var behavior = NATBehavior.addressRestricted
    behavior.idleTimeout = .seconds(30)
    var scene = Scene(behavior)
    let external = try #require(try scene.speak(to: 0))
    try scene.wait(.seconds(20))
    #expect(try scene.speak(to: 2) == external)
    try scene.wait(.seconds(20))
    #expect(try scene.whoReaches(external) == [false, false, true])
  }

  @Test("gives new ports after a restart, to one host that it forgets, and at another address")
  func rebinding() throws {
    var scene = Scene(.fullCone)
    var seen: Set<Endpoint> = []
    func check(_ scene: inout Scene) throws {
      let external = try #require(try scene.speak(to: 0))
      #expect(seen.insert(external).inserted)
      #expect(try scene.whoReaches(external) == [true, true, true])
    }
    try check(&scene)
    let first = try #require(seen.first)
    scene.network.restart(scene.nat)
    #expect(try scene.whoReaches(first) == [false, false, false])
    try check(&scene)
    scene.network.forgetMappings(of: scene.inside)
    try check(&scene)
    scene.network.renumber(scene.nat, to: .test(98))
    try check(&scene)
    #expect(try scene.whoReaches(first) == [false, false, false])
  }

  @Test("hairpins between its hosts, with the external address as source (REQ-9), or not", arguments: [true, false])
  func hairpin(_ hairpins: Bool) throws {
    var behavior = NATBehavior.fullCone
    behavior.hairpins = hairpins
    var scene = Scene(behavior)
    let other = scene.network.addHost(at: .inside(2), behind: scene.nat)
    let external = try #require(try scene.speak(to: 0))
    let delivery = try scene.network.probe(from: other, to: external)
    #expect(delivery?.host == (hairpins ? scene.inside : nil))
    if let delivery { #expect(delivery.source.withoutPort == Endpoint.test(99).withoutPort) }
    #expect(scene.network.counters.drops[.natHairpin] == (hairpins ? 0 : 1))
    // At their own addresses they reach each other in any case, and see each other's own.
    #expect(try scene.network.probe(from: other, to: .inside(1))?.source == .inside(2))
  }

  @Test("has no more hosts than ports, and takes ports back that are idle")
  func ports() throws {
    var behavior = NATBehavior.symmetric
    behavior.ports = 5_000...5_001
    behavior.idleTimeout = .seconds(30)
    var scene = Scene(behavior)
    #expect(try scene.speak(to: 0) != nil)
    try scene.wait(.seconds(10))
    #expect(try scene.speak(to: 1) != nil)
    #expect(try scene.speak(to: 2) == nil)
    #expect(scene.network.counters.drops[.natPortsTaken] == 1)
    try scene.wait(.seconds(20))
    #expect(try scene.speak(to: 2) != nil)
    #expect(try scene.speak(to: 0) == nil)
  }

  @Test("two NATs keep the same private addresses apart")
  func sameInside() throws {
    var network = SimulatedNetwork(seed: 1)
    let server = network.addHost(at: .test(1))
    var clients: [Host] = []
    for number in 10...12 as ClosedRange<UInt8> {
      let nat = network.addNAT(.symmetric, at: .test(number))
      clients.append(network.addHost(at: .inside(1), behind: nat))
    }
    for client in clients {
      let source = try #require(try network.probe(from: client, to: .test(1))?.source)
      #expect(try network.probe(from: server, to: source)?.host == client)
    }
  }
}

extension Endpoint {
  fileprivate var withoutPort: Endpoint { Endpoint(high: high, low: low, port: 0) }
}
