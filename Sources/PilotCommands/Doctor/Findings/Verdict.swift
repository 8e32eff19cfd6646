import PilotConsole

/// Which path a node would use here, and what it can carry.
struct Verdict: Equatable, Sendable {
  enum Path: String, Sendable {
    case udp, wss, none
  }

  let path: Path
  /// The longest payload, in bytes, that gets by that path to a peer of which nothing is known; nil where that is none, or nobody
  /// knows.
  let maximumPayload: Int?
  /// Why this one, without a full stop.
  let reason: String
  /// What sets the longest payload, and what gets as far as the beacon, without a full stop.
  var limitReason: String?

  /// The last line: `{"verdict":"udp","max_payload":1200,"reason":"…"}`.
  var json: JSONValue {
    .object(present: [
      "verdict": .string(path.rawValue), "max_payload": maximumPayload.map { .int($0) },
      "reason": .string(reason + (limitReason.map { "; no longer payloads: \($0)" } ?? "")),
    ])
  }
}
