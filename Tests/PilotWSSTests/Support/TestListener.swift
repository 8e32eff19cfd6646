import PilotTesting
import NIOCore
import NIOPosix
import PilotIdentity
import PilotTransport
import PilotWire
import Synchronization

@testable import PilotWSS

/// A listener on a free loopback port, and what its peers did.
final class TestListener: Sendable {
  /// What is done with a frame.
  enum Answer: Sendable {
    case nothing
    /// It goes back.
    case echo
    /// It goes to all others.
    case relay
  }

  /// What happened so far.
  struct Log: Sendable {
    var attached: [WSSConnection] = []
    var parted: [UInt64] = []
    var detached: [UInt64] = []
    var frames: [[UInt8]] = []
    var ignored = 0
    var refusals: [WSSRefusal] = []
    var failures: [HandshakeFailure] = []

    var present: [WSSConnection] { attached.filter { !detached.contains($0.id) } }
  }

  let address: Endpoint
  let log: Watched<Log>
  /// How many connections have released their part of the listener.
  let released: Watched<Int>
  let listener: WSSListener

  private init(address: Endpoint, log: Watched<Log>, released: Watched<Int>, listener: WSSListener) {
    self.address = address
    self.log = log
    self.released = released
    self.listener = listener
  }

  /// Nodes 1 to 99 are known, with the keys of these numbers.
  ///
  /// - Parameter group: A single event loop takes connections in the order in which they came.
  static func start(
    _ answer: Answer = .echo, tls: ServerTLS? = nil, keys: (any KeyDirectory)? = nil,
    address: Endpoint = Endpoint(ipv4: 127, 0, 0, 1, port: 0),
    group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
    _ adjust: (inout WSSListener.Configuration) -> Void = { _ in }
  ) async throws -> TestListener {
    let (log, released) = (Watched(Log()), Watched(0))
    var configuration = WSSListener.Configuration(address: address, unixTime: { 1_700_000_000 })
    configuration.tls = tls
    configuration.names = BeaconNames([HostPort(host: "127.0.0.1"), HostPort(host: "localhost")], certificate: tls)
    // Frames don't grow old and handshakes don't take too long, however busy the machine is, unless that is the test.
    configuration.limits.outgoingAge = .seconds(600)
    configuration.limits.handshakeLimit = .seconds(600)
    configuration.limits.authenticationLimit = .seconds(600)
    configuration.onFailure = { failure in log.update { $0.failures.append(failure) } }
    adjust(&configuration)
    let listener = WSSListener(configuration, keys: try keys ?? knownKeys()) { _ in
      TestDispatcher(log: log, released: released, answer: answer)
    }
    let address = try await listener.start(on: group)
    return TestListener(address: address, log: log, released: released, listener: listener)
  }

  private static func knownKeys() throws -> StaticKeyDirectory {
    var keys: [NodeID: PublicKey] = [:]
    for number in 1...99 as ClosedRange<UInt8> {
      keys[try TestIdentities.node(UInt32(number))] = try TestIdentities.identity(number).publicKey
    }
    return StaticKeyDirectory(keys)
  }

  func url(secure: Bool = false, host: String = "127.0.0.1") -> WSSURL {
    WSSURL(isSecure: secure, host: host, port: Int(address.port))
  }

  /// The connection of a node, as soon as there is one.
  func connection(of node: UInt32) async throws -> WSSConnection {
    try await log.first { $0.present.last { $0.node.rawValue == node } }
  }

  /// Why connections weren't upgraded so far.
  var failures: [HandshakeFailure.Reason] { log.value.failures.map(\.reason) }

  func shutDown() async { await listener.shutDown() }
}

/// One per connection here, which confinement to a loop allows.
private final class TestDispatcher: WSSDispatcher {
  private let log: Watched<TestListener.Log>
  private let released: Watched<Int>
  private let answer: TestListener.Answer

  init(log: Watched<TestListener.Log>, released: Watched<Int>, answer: TestListener.Answer) {
    self.log = log
    self.released = released
    self.answer = answer
  }

  deinit { released.update { $0 += 1 } }

  func attached(_ connection: WSSConnection) {
    let replaced = log.value.present.first { $0.node == connection.node }
    log.update { $0.attached.append(connection) }
    replaced?.close(.normal, reason: "replaced")
  }

  func received(_ frame: RawSpan, on connection: WSSConnection) {
    switch answer {
    case .nothing:
      let copy = frame.copied()
      log.update { $0.frames.append(copy) }
    case .echo:
      _ = connection.send(head: frame, body: RawSpan())
    case .relay:
      for other in log.value.present where other.id != connection.id { _ = other.send(head: frame, body: RawSpan()) }
    }
  }

  func ignored() { log.update { $0.ignored += 1 } }

  func readCompleted(on connection: WSSConnection) {}

  func parting(_ connection: WSSConnection) {
    log.update { $0.parted.append(connection.id) }
  }

  func detached(_ connection: WSSConnection) {
    log.update { $0.detached.append(connection.id) }
  }

  func refused(_ refusal: WSSRefusal) {
    log.update { $0.refusals.append(refusal) }
  }
}
