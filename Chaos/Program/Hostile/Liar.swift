import ChaosCore
import PilotTransport
import PilotWSS
import PilotWire
import Synchronization

/// A node that authenticates over WSS as what it is, and then sends in others' names, or too much.
final class Liar: Sendable {
  private let transport: WSSTransport
  private let node: NodeID
  private let replies = Gate()
  private let asked = Atomic<Int>(0)
  private let reading = Mutex<Task<Void, Never>?>(nil)

  init(_ site: Site, keys: Keyring, as number: UInt32 = Population.liar) throws {
    guard let node = NodeID(number) else { throw ChaosFailure("the liar has no number") }
    self.node = node
    var configuration = WSSTransport.Configuration(
      beacon: WSSURL(host: "localhost", port: site.wss), node: node, identity: try keys.identity(of: node.rawValue))
    configuration.trust = .file(site.authority)
    configuration.backoff.maximum = .seconds(2)
    transport = try WSSTransport.start(configuration)
    let task = Task { await read() }
    reading.withLock { $0 = task }
  }

  /// - Returns: Whether there was room for it.
  @discardableResult
  func send(_ frame: [UInt8]) -> Bool { (try? transport.send(frame, to: .wssBeacon)) != nil }

  /// What has been handed to the kernel, without its own questions, of which none may be under way.
  var relaysSent: Int { Int(transport.counters.framesSent) - asked.load(ordering: .relaxed) }

  /// Waits until the beacon has answered behind everything that was sent.
  func settle() async -> Bool {
    for _ in 0..<120 {
      let goal = replies.count + 1
      if send(Discover(node: node).encoded()) { asked.add(1, ordering: .relaxed) }
      if await replies.wait(until: goal, for: .milliseconds(500)) { return true }
    }
    return false
  }

  var books: Books {
    let counters = transport.counters
    var books = Books()
    books[.hostileWSSSent] = Int(counters.framesSent)
    books[.hostileWSSReceived] = Int(counters.framesReceived)
    return books
  }

  private func read() async {
    await transport.receiveAll { frame in
      if (try? DiscoverReply(parsing: frame.bytes)) != nil { replies.pass() }
    }
  }
}
