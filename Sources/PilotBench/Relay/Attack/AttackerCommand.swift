import ArgumentParser
import NIOPosix
import PilotConsole
import PilotTransport
import PilotWire

/// `pilot-bench attacker`: attacks a beacon until its standard input ends. A process of its own, so that it has no thread
/// in common with the nodes that are measured.
struct AttackerCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "attacker", abstract: "Attack a beacon on loopback for as long as standard input is open.",
    discussion: "Started by pilot bench relay. Example: pilot bench attacker discovers --udp 127.0.0.1:9001 < pipe",
    shouldDisplay: false)

  @Argument(help: "What it does.")
  var attack: BenchAttack

  @Option(help: ArgumentHelp("The beacon's UDP address.", valueName: "ip:port"))
  var udp: String?

  @Option(help: ArgumentHelp("The beacon's TLS address.", valueName: "ip:port"))
  var wss: String?

  @Option(help: ArgumentHelp("A node whose key the beacon knows.", valueName: "id"))
  var node: UInt32?

  @Option(help: ArgumentHelp("That key, which is no secret.", valueName: "base64"))
  var key: String?

  /// Where the stranger is: another address of loopback than the honest nodes', which no limit spares.
  static let source = Endpoint(ipv4: 127, 0, 0, 66, port: 0)

  func run() async throws {
    let attacker = try attacker()
    try await Console.standard.print(["event": "attacking"])
    let made = await withTaskGroup(of: Int?.self) { group in
      group.addTask { await attacker.attack() }
      group.addTask {
        try? await NIOThreadPool.singleton.runIfActive {
          var lines = LineReader(descriptor: 0)
          while lines.next() != nil {}
        }
        return nil
      }
      var made = 0
      for await count in group {
        if let count { made = count }
        group.cancelAll()
      }
      return made
    }
    try await Console.standard.print(["event": "done", "made": .int(made)])
  }

  private func attacker() throws -> any Attacker {
    switch attack {
    case .proofs:
      guard let node = node.flatMap({ NodeID($0) }), let key = key.flatMap({ PublicKey(base64: $0) }) else {
        throw CommandFailure.usage("proofs need --node and --key")
      }
      return try ProofAttacker(beacon: endpoint(udp, "udp"), first: node, key: key)
    case .discovers: return try DiscoverAttacker(beacon: endpoint(udp, "udp"))
    case .relays: return try RelayAttacker(beacon: endpoint(udp, "udp"))
    case .dials: return try ConnectionAttacker(beacon: endpoint(wss, "wss"), kind: .dials(perSecond: 1_000))
    case .connections: return try ConnectionAttacker(beacon: endpoint(wss, "wss"), kind: .holds(2_000))
    }
  }

  private func endpoint(_ text: String?, _ option: String) throws -> Endpoint {
    guard let text, let endpoint = try? Endpoint(parsing: text) else {
      throw CommandFailure.usage("the attack needs --\(option) IP:PORT")
    }
    return endpoint
  }
}

/// Somebody who attacks until the task is cancelled.
protocol Attacker: Sendable {
  /// - Returns: How often it was done.
  func attack() async -> Int
}
