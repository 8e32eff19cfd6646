import PilotIdentity
import PilotTransport
import PilotUDP
import PilotWire
import Synchronization

extension UDPTransport {
  /// A socket at the stranger's address.
  fileprivate static func ofStranger() throws(TransportError) -> UDPTransport {
    var configuration = UDPTransport.Configuration()
    configuration.bindTo = AttackerCommand.source
    return try bind(configuration)
  }

  /// Sends the same number of messages over and over, as fast as the kernel takes them.
  fileprivate func flood(_ beacon: Endpoint, _ message: (_ number: Int) -> [UInt8]) async -> Int {
    var made = 0
    while !Task.isCancelled {
      var batch = FrameBatch()
      for number in made..<made + 64 { _ = batch.append(message(number), to: beacon) }
      // A full buffer is the beacon's trouble, not the stranger's.
      made += (try? send(contentsOf: batch)) ?? 0
      await Task.yield()
    }
    return made
  }
}

/// Registers one invented node after the other.
struct DiscoverAttacker: Attacker {
  let beacon: Endpoint
  private let transport: UDPTransport

  init(beacon: Endpoint) throws(TransportError) {
    self.beacon = beacon
    transport = try .ofStranger()
  }

  func attack() async -> Int {
    await transport.flood(beacon) { number in
      // An odd factor: no ID comes twice before all have come.
      NodeID(UInt32(truncatingIfNeeded: number &* 2_654_435_761 | 1)).map { Discover(node: $0).encoded() } ?? []
    }
  }
}

/// Relays from a node of its own to another one that nobody reads.
struct RelayAttacker: Attacker {
  let beacon: Endpoint
  private let transport: UDPTransport
  private let sink: UDPTransport

  init(beacon: Endpoint) throws(TransportError) {
    self.beacon = beacon
    transport = try .ofStranger()
    sink = try .ofStranger()
  }

  func attack() async -> Int {
    let own = UInt32.random(in: 0x7000_0000...0x7FFF_0000)
    guard let sender = NodeID(own), let destination = NodeID(own + 1) else { return 0 }
    _ = try? transport.send(Discover(node: sender).encoded(), to: beacon)
    _ = try? sink.send(Discover(node: destination).encoded(), to: beacon)
    let payload = [UInt8](repeating: 0x50, count: 64)
    let frame = Relay(sender: sender, destination: destination, payload: payload.span.raw).encoded()
    return await transport.flood(beacon) { _ in frame }
  }
}

/// Asks for challenges with other nodes' public keys, and answers them with signatures of a key of its own.
final class ProofAttacker: Attacker {
  let beacon: Endpoint
  /// The first of the nodes that have the key.
  let first: NodeID
  let key: PublicKey
  private let transport: UDPTransport
  private let stranger = Identity()
  private let proofs = Mutex<[[UInt8]]>([])

  /// Proofs a second.
  private static let rate = 15_000
  /// Nodes whose challenges it asks for, each once a second.
  private static let nodes: UInt32 = 64
  private static let nap: UInt64 = 1_000_000

  init(beacon: Endpoint, first: NodeID, key: PublicKey) throws(TransportError) {
    (self.beacon, self.first, self.key) = (beacon, first, key)
    transport = try .ofStranger()
  }

  func attack() async -> Int {
    await withTaskGroup(of: Int.self) { group in
      group.addTask { [self] in
        await withTaskExecutorPreference(transport.executor) {
          guard var receiver = try? transport.makeReceiver() else { return 0 }
          try? await receiver.forEach { keep($0.bytes) }
          return 0
        }
      }
      group.addTask { [self] in await send() }
      var made = 0
      for await count in group {
        made += count
        group.cancelAll()
        transport.close()
      }
      return made
    }
  }

  private func keep(_ frame: RawSpan) {
    guard let challenge = try? DiscoverChallenge(parsing: frame),
      let name = BeaconName(host: "127.0.0.1", port: beacon.port),
      let proof = try? stranger.proof(of: challenge, dialling: name).encoded()
    else { return }
    proofs.withLock { proofs in
      if proofs.count >= Int(Self.nodes) { proofs.removeFirst() }
      proofs.append(proof)
    }
  }

  private func send() async -> Int {
    var pacer = Pacer(rate: Self.rate)
    let start = MonotonicInstant.now()
    var (made, askedFor) = (0, UInt64.max)
    while !Task.isCancelled {
      let elapsed = MonotonicInstant.now().nanoseconds - start.nanoseconds
      if elapsed / 1_000_000_000 != askedFor {
        askedFor = elapsed / 1_000_000_000
        for offset in 0..<Self.nodes {
          guard let node = NodeID(first.rawValue + offset) else { continue }
          _ = try? transport.send(Discover(node: node, publicKey: key).encoded(), to: beacon)
        }
      }
      let kept = proofs.withLock { $0 }
      for _ in 0..<pacer.due(after: elapsed) where !kept.isEmpty {
        if (try? transport.send(kept[made % kept.count], to: beacon)) != nil { made += 1 }
      }
      try? await Task.sleep(for: .nanoseconds(Int64(Self.nap)), tolerance: .zero)
    }
    return made
  }
}
