import FoundationEssentials
import PilotConsole
import PilotIdentity
import PilotWSS
import PilotWire

/// An attacker at work, in a process of its own.
struct RunningAttack: Sendable {
  private let child: ChildProcess

  private struct Event: Decodable {
    let event: String
    var made: Int?
  }

  /// Starts it.
  static func start(
    _ attack: BenchAttack, at beacon: MeasuredBeacon, _ numbers: NodeNumbers
  ) async throws -> RunningAttack {
    var arguments = ["attacker", attack.rawValue, "--key", numbers.identity.publicKey.base64]
    if let first = try numbers.take(64, for: .wss).first { arguments += ["--node", String(first.rawValue)] }
    if let udp = beacon.udp { arguments += ["--udp", "\(udp)"] }
    if let wss = beacon.wss { arguments += ["--wss", "\(wss.host):\(wss.port)"] }
    let child = try ChildProcess.start(arguments)
    guard try await event(of: child)?.event == "attacking" else {
      child.end()
      throw CommandFailure("the attacker didn't start", hint: "its own line above says why")
    }
    return RunningAttack(child: child)
  }

  /// Lets it stop.
  ///
  /// - Returns: How often it did what it does.
  func stop() async throws -> Int {
    child.closeInput()
    let made = try await Self.event(of: child)?.made ?? 0
    child.end()
    return made
  }

  /// Ends it.
  func end() {
    child.end()
  }

  private static func event(of child: ChildProcess) async throws -> Event? {
    guard let line = await child.line() else { return nil }
    try Task.checkCancellation()
    return try JSONDecoder().decode(Event.self, from: Data(line.utf8))
  }
}
