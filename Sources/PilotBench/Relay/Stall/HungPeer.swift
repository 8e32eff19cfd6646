import FoundationEssentials
import PilotConsole
import PilotTransport
import PilotWSS
import PilotWire

/// A node that is connected and reads nothing any more: `pilot attach` in a process of its own, stopped.
///
/// In this process it would not do: a transport reads its socket also when nobody reads the transport.
struct HungPeer: Sendable {
  let id: NodeID
  private let child: ChildProcess

  private struct Event: Decodable {
    let event: String
  }

  /// Connects it, and stops it then.
  static func start(
    _ carrier: BenchCarrier, at beacon: MeasuredBeacon, _ numbers: NodeNumbers
  ) async throws -> HungPeer {
    guard let identityPath = numbers.identityPath, let id = try numbers.take(1, for: carrier).first else {
      throw CommandFailure.usage("a peer in another process needs its identity", hint: "give it with --identity FILE")
    }
    let configuration = try beacon.configuration(carrier, id: id, numbers)
    var arguments = [
      "attach", "--node", String(id.rawValue), "--identity", identityPath, "--transport", "wss", "--beacon",
      configuration.beacon.description, "--insecure-plaintext", "--log-level", "error",
    ]
    if let authorities = beacon.certificateAuthorities { arguments += ["--ca", authorities] }
    let child = try ChildProcess.start(arguments, program: SiblingProgram.path(of: "pilot"))
    guard let line = await child.line(), let event = try? JSONDecoder().decode(Event.self, from: Data(line.utf8)),
      event.event == "ready"
    else {
      child.end()
      try Task.checkCancellation()
      throw CommandFailure("the node that is to hang didn't connect", hint: "its own line above says why")
    }
    child.freeze()
    return HungPeer(id: id, child: child)
  }

  /// Ends it.
  func end() {
    child.end()
  }
}
