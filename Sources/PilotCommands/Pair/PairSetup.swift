import PilotConsole
import PilotNode
import PilotWSS
import PilotWire

/// Which node a side is, and how it reaches its beacons: what `pilot pair` writes into the settings.
struct PairSetup: Equatable, Sendable {
  let node: NodeID
  /// One at least.
  let beacons: [BeaconURL]
  /// The keys that beacons are trusted by.
  let pins: [KeyPin]
  /// A file of authorities that beacons are trusted by, with its whole path.
  var certificateAuthorities: String?
  /// Whether frames may go to another machine in the clear.
  var allowsPlaintext = false

  init(node: NodeID, beacons: [BeaconURL], pins: [KeyPin]) {
    (self.node, self.beacons, self.pins) = (node, beacons, pins)
  }

  /// What the settings of `pilot forward` say.
  init(_ settings: Settings) throws(CommandFailure) {
    guard let text = try settings.string(nil, "node"), let node = NodeID(parsing: text) else {
      throw CommandFailure(
        "the settings name no node", hint: "write \"node\" into them, or begin anew with pilot pair init")
    }
    var beacons: [BeaconURL] = []
    for text in try settings.strings([], "beacon") { beacons.append(try BeaconURL(option: text)) }
    var pins: [KeyPin] = []
    for text in try settings.strings([], "pin") { pins.append(try KeyPin(option: "pin", text)) }
    self.init(node: node, beacons: beacons, pins: pins)
  }

  /// The line for the other side.
  func line(key: PublicKey) throws(CommandFailure) -> PairingLine {
    do throws(PairingLine.Fault) {
      return try PairingLine(node: node, key: key, beacons: beacons, pins: pins)
    } catch {
      throw CommandFailure(
        "no line can say where this node's beacons are", hint: "give one to ten, as udp://HOST:PORT or wss://HOST")
    }
  }

  /// The settings' text: the same for each command that speaks with other nodes.
  func text(identity: String, peers: String) -> String {
    var members: [(String, JSONValue)] = [
      ("node", .int(node.rawValue)), ("identity", .string(identity)), ("peers", .string(peers)),
      ("beacon", .array(beacons.map { .string($0.description) })),
    ]
    if !pins.isEmpty { members.append(("pin", .array(pins.map { .string($0.description) }))) }
    if let certificateAuthorities { members.append(("ca", .string(certificateAuthorities))) }
    if allowsPlaintext { members.append(("insecure-plaintext", true)) }
    let lines = members.map { "    \(JSONValue.string($0.0).line): \($0.1.line)" }.joined(separator: ",\n")
    let sections = [SettingsSection.forward, .ping].map { "  \"\($0.rawValue)\": {\n\(lines)\n  }" }
    return "{\n\(sections.joined(separator: ",\n"))\n}\n"
  }
}
