import ChaosCore
import PilotIdentity
import PilotTransport
import PilotUDP
import PilotWire
import Synchronization

/// A UDP socket that is up to no good, and counts honestly what it sends and gets.
final class HostileSocket: Sendable {
  /// How it answers challenges.
  enum Answers: Sendable {
    /// With a key of its own, whosever is asked for.
    case forged
    /// As it should be.
    case truly(Keyring)
    /// With the right key, to another beacon.
    case elsewhere(Keyring)
  }

  let transport: UDPTransport
  let beacon: Endpoint
  let own: NodeID
  /// What was relayed to it, if that is what it is for.
  let inflow: Inflow?
  private let answers: Answers
  private let forger = Identity()
  private let replies = Gate()
  private let asked = Atomic<Int>(0)
  private let stolen = Atomic<Int>(0)
  /// Answers to challenges, the newest ones.
  private let proofs = Mutex<[[UInt8]]>([])
  private let reading = Mutex<Task<Void, Never>?>(nil)

  /// How many proofs are kept.
  private static let proofLimit = 64

  /// - Parameters:
  ///   - own: An ID that nobody else has, to ask the beacon with.
  ///   - address: An IPv4 address.
  init(
    beacon: Endpoint, own: NodeID, at address: UInt32 = Population.hostileAddress, _ answers: Answers = .forged,
    inflow: Inflow? = nil
  ) throws {
    var configuration = UDPTransport.Configuration()
    configuration.bindTo = Endpoint(ipv4Address: address, port: 0)
    configuration.receiveCoalescing = false
    configuration.sendSegmentation = false
    transport = try UDPTransport.bind(configuration)
    self.beacon = beacon
    self.own = own
    self.answers = answers
    self.inflow = inflow
    let task = Task { await read() }
    reading.withLock { $0 = task }
  }

  /// - Returns: Whether the kernel took it.
  @discardableResult
  func send(_ message: [UInt8]) -> Bool { (try? transport.send(message, to: beacon)) != nil }

  /// Sends messages that are answered, and waits for as many answers, and some more.
  ///
  /// - Returns: Whether they came.
  func ask(_ messages: [[UInt8]], expecting more: Int = 0, within limit: Duration) async -> Bool {
    let goal = replies.count + messages.count + more
    asked.add(messages.count, ordering: .relaxed)
    for message in messages { send(message) }
    return await replies.wait(until: goal, for: limit)
  }

  /// Answers to Discovers, and whatever else is answered so, since it was opened.
  var replyCount: Int { replies.count }

  /// Registers its own node: with its key, which it proves if it is asked to, or without.
  ///
  /// - Returns: Whether the beacon has answered.
  func introduce() async -> Bool {
    guard case .truly(let keys) = answers, let key = try? keys.identity(of: own.rawValue).publicKey else {
      return await ask([Discover(node: own).encoded()], within: .seconds(2))
    }
    let before = replies.count
    // Whoever has proven it lately isn't asked to.
    if await ask([Discover(node: own, publicKey: key).encoded()], expecting: 1, within: .milliseconds(500)) {
      return true
    }
    return replies.count > before
  }

  /// The proofs that it has made since the last call, the newest ones.
  func takeProofs() -> [[UInt8]] {
    proofs.withLock { proofs in
      defer { proofs = [] }
      return proofs
    }
  }

  /// Waits until the beacon has answered behind everything that was sent.
  func settle() async -> Bool {
    for _ in 0..<2 {
      var isAnswered = false
      for _ in 0..<60 where !isAnswered {
        isAnswered = await ask([Discover(node: own).encoded()], within: .milliseconds(500))
      }
      if !isAnswered { return false }
    }
    return true
  }

  var books: Books {
    let counters = transport.counters
    var books = Books()
    books[.hostileUDPSent] = Int(counters.framesSent)
    books[.hostileUDPReceived] = Int(counters.framesReceived)
    books[.hostileUDPKernelFull] = Int(counters.drops[.kernelBufferFull])
    books[.hostileStolen] = stolen.load(ordering: .relaxed)
    // Each Discover has one answer, and so has a proof that is believed.
    if case .elsewhere = answers { books[.believed] = max(0, replies.count - asked.load(ordering: .relaxed)) }
    return books
  }

  private func read() async {
    await withTaskExecutorPreference(transport.executor) {
      await transport.receiveAll { frame in handle(frame.bytes) }
    }
  }

  private func handle(_ frame: RawSpan) {
    if (try? DiscoverReply(parsing: frame)) != nil { return replies.pass() }
    if let delivery = try? RelayDeliver(parsing: frame) {
      if inflow?.note(delivery.sender.rawValue) != true { stolen.add(1, ordering: .relaxed) }
    } else if let challenge = try? DiscoverChallenge(parsing: frame), let proof = proof(of: challenge) {
      proofs.withLock { proofs in
        if proofs.count == Self.proofLimit { proofs.removeFirst() }
        proofs.append(proof)
      }
      send(proof)
    }
  }

  private func proof(of challenge: DiscoverChallenge) -> [UInt8]? {
    let (identity, name): (Identity?, BeaconName?) =
      switch answers {
      case .forged: (forger, BeaconName(beacon))
      case .truly(let keys): (try? keys.identity(of: challenge.node.rawValue), BeaconName(beacon))
      case .elsewhere(let keys):
        (try? keys.identity(of: challenge.node.rawValue), BeaconName(host: "elsewhere.example", port: beacon.port))
      }
    guard let identity, let name else { return nil }
    return try? identity.proof(of: challenge, dialling: name).encoded()
  }
}
