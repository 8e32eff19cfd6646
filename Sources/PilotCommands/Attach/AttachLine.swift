import FoundationEssentials
import PilotConsole
import PilotTransport
import PilotWire

/// A line of `pilot attach`'s input.
enum AttachLine: Equatable {
  /// A frame for the beacon, or for an address.
  case send([UInt8], to: Endpoint?)
  /// A payload for a node.
  case relay([UInt8], to: NodeID)
  case close

  private struct Line: Decodable {
    var send: String?
    var to: String?
    var relay: UInt32?
    var payload: String?
    var close: Bool?
  }

  /// Reads a line.
  ///
  /// - Throws: `CommandFailure` that says what is wrong with it.
  init(parsing text: String) throws(CommandFailure) {
    let line: Line
    do {
      line = try JSONDecoder().decode(Line.self, from: Data(text.utf8))
    } catch {
      throw CommandFailure(
        "the line is not understood", hint: #"write {"send":"<hex>"}, {"relay":7,"payload":"<hex>"} or {"close":true}"#)
    }
    try Self.checkNames(text)
    switch (line.send, line.relay, line.close) {
    case (let frame?, nil, nil):
      guard line.payload == nil else { throw CommandFailure("payload stands beside relay only") }
      self = .send(
        try Self.bytes(frame, of: "send"),
        to: try line.to.map { text throws(CommandFailure) in try Self.endpoint(text) })
    case (nil, let node?, nil):
      guard line.to == nil else { throw CommandFailure("\"to\" stands beside send only; a relay goes to its node") }
      guard let node = NodeID(node) else { throw CommandFailure("node 0 does not exist") }
      guard let payload = line.payload else {
        throw CommandFailure("relay needs a payload", hint: "an empty one is \"\"")
      }
      self = .relay(try Self.bytes(payload, of: "payload"), to: node)
    case (nil, nil, true?):
      self = .close
    default:
      throw CommandFailure("the line asks for nothing, or for more than one thing")
    }
  }

  /// A member that isn't understood may be half of what is meant, and so may the second one of a name.
  private static func checkNames(_ text: String) throws(CommandFailure) {
    let names = ["send", "to", "relay", "payload", "close"]
    let bytes = Array(text.utf8)
    let object: FlatJSON
    do throws(WireError) {
      object = try FlatJSON(parsing: bytes.span.raw, maximumLength: bytes.count)
    } catch {
      throw CommandFailure("the line is not understood: \(error)")
    }
    guard let other = object.members.first(where: { !names.contains($0.key) })?.key else { return }
    let nearest = NearestName.of(other, among: names)
    throw CommandFailure(
      "a line has no member \"\(String(other.prefix(40)).onOneLine)\"",
      hint: nearest.map { "is \"\($0)\" meant?" } ?? "there are \(names.joined(separator: ", "))")
  }

  private static func bytes(_ hex: String, of member: String) throws(CommandFailure) -> [UInt8] {
    guard let bytes = Hex.decode(hex) else { throw CommandFailure("\(member) is not a text of hex digits in pairs") }
    return bytes
  }

  private static func endpoint(_ text: String) throws(CommandFailure) -> Endpoint {
    do {
      return try Endpoint(parsingWithZone: text)
    } catch {
      throw CommandFailure("\"to\" is no address", hint: "write IPv4:PORT or [IPv6]:PORT")
    }
  }
}
