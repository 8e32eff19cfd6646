import ChaosCore
import PilotIdentity
import PilotTransport
import PilotUDP
import PilotWire
import Synchronization

/// A UDP socket that is up to no good, and counts honestly what it sends and gets.
final class HostileSocket: Sendable {
  let transport: UDPTransport
  let beacon: Endpoint
  let own: NodeID
  private let forger = Identity()
  private let replies = Gate()
  private let stolen = Atomic<Int>(0)
  /// Answers to challenges, the newest ones.
  private let proofs = Mutex<[[UInt8]]>([])
  private let reading = Mutex<Task<Void, Never>?>(nil)

  /// How many proofs are kept.
  private static let proofLimit = 64

  /// - Parameter own: An ID that nobody else has, to ask the beacon with.
  init(beacon: Endpoint, own: NodeID) throws {
    var configuration = UDPTransport.Configuration()
    configuration.bindTo = Endpoint(ipv4Address: Population.hostileAddress, port: 0)
    configuration.receiveCoalescing = false
    configuration.sendSegmentation = false
    transport = try UDPTransport.bind(configuration)
    self.beacon = beacon
    self.own = own
    let task = Task { await read() }
    reading.withLock { $0 = task }
  }

  func send(_ message: [UInt8]) {
    _ = try? transport.send(message, to: beacon)
  }

  /// Sends messages that are answered, and waits for as many answers.
  ///
  /// - Returns: Whether they came.
  func ask(_ messages: [[UInt8]], within limit: Duration) async -> Bool {
    let goal = replies.count + messages.count
    for message in messages { send(message) }
    return await replies.wait(until: goal, for: limit)
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
      let goal = replies.count + 1
      var isAnswered = false
      for _ in 0..<60 where !isAnswered {
        send(Discover(node: own).encoded())
        isAnswered = await replies.wait(until: goal, for: .milliseconds(500))
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
    return books
  }

  private func read() async {
    await withTaskExecutorPreference(transport.executor) {
      await transport.receiveAll { frame in handle(frame.bytes) }
    }
  }

  private func handle(_ frame: RawSpan) {
    if (try? DiscoverReply(parsing: frame)) != nil { return replies.pass() }
    if (try? RelayDeliver(parsing: frame)) != nil {
      stolen.add(1, ordering: .relaxed)
    } else if let challenge = try? DiscoverChallenge(parsing: frame), let name = BeaconName(beacon),
      let forged = try? forger.proof(of: challenge, dialling: name)
    {
      // A challenge for another node's key, signed with one of its own.
      let proof = forged.encoded()
      proofs.withLock { proofs in
        if proofs.count == Self.proofLimit { proofs.removeFirst() }
        proofs.append(proof)
      }
      send(proof)
    }
  }
}
