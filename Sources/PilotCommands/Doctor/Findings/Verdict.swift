import PilotConsole

/// Which path a node would use here, and what it can carry.
struct Verdict: Equatable, Sendable {
  enum Path: String, Sendable {
    case udp, wss, none
  }

  let path: Path
  /// The longest payload, in bytes, that a relayed frame can have on that path.
  let maximumPayload: Int?
  /// Why this one, without a full stop.
  let reason: String

  /// The last line: `{"verdict":"udp","max_payload":1200,"reason":"…"}`.
  var json: JSONValue {
    .object(present: [
      "verdict": .string(path.rawValue), "max_payload": maximumPayload.map { .int($0) }, "reason": .string(reason),
    ])
  }
}
