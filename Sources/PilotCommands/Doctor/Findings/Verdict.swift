import PilotConsole

/// Which transport a node would use here, and what it can carry.
struct Verdict: Equatable, Sendable {
  enum Way: String, Sendable {
    case udp, wss, none
  }

  let way: Way
  /// The longest payload, in bytes, that a relayed frame can have on that way.
  let maximumPayload: Int?
  /// Why this one, without a full stop.
  let reason: String

  /// The last line: `{"verdict":"udp","max_payload":1200,"reason":"…"}`.
  var json: JSONValue {
    .object(present: [
      "verdict": .string(way.rawValue), "max_payload": maximumPayload.map { .int($0) }, "reason": .string(reason),
    ])
  }
}
