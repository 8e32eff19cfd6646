import FoundationEssentials
import PilotConsole
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
    switch (line.send, line.relay, line.close) {
    case (let frame?, nil, nil):
      self = .send(
        try Self.bytes(frame, of: "send"),
        to: try line.to.map { text throws(CommandFailure) in try Self.endpoint(text) })
    case (nil, let node?, nil):
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

  private static func bytes(_ hex: String, of member: String) throws(CommandFailure) -> [UInt8] {
    guard let bytes = Hex.decode(hex) else { throw CommandFailure("\(member) is not a text of hex digits in pairs") }
    return bytes
  }

  private static func endpoint(_ text: String) throws(CommandFailure) -> Endpoint {
    do {
      return try Endpoint(parsing: text)
    } catch {
      throw CommandFailure("\"to\" is no address", hint: "write IPv4:PORT or [IPv6]:PORT")
    }
  }
}
