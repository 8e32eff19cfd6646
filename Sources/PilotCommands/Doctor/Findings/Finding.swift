import PilotConsole
import PilotTransport

/// What one check has found.
struct Finding: Equatable, Sendable {
  enum Result: String, Sendable {
    case pass, fail, skipped
  }

  let check: DoctorCheck
  let result: Result
  /// How long what it looked at took; nil where that says nothing.
  var elapsed: Duration?
  /// What was seen, in plain words, without a full stop.
  let reason: String
  /// The one thing to try, where there is one.
  var hint: String?

  static func pass(_ check: DoctorCheck, _ reason: String, in elapsed: Duration? = nil, hint: String? = nil) -> Finding
  {
    Finding(check: check, result: .pass, elapsed: elapsed, reason: reason, hint: hint)
  }

  static func fail(_ check: DoctorCheck, _ reason: String, in elapsed: Duration? = nil, hint: String?) -> Finding {
    Finding(check: check, result: .fail, elapsed: elapsed, reason: reason, hint: hint)
  }

  static func skipped(_ check: DoctorCheck, _ reason: String, hint: String? = nil) -> Finding {
    Finding(check: check, result: .skipped, elapsed: nil, reason: reason, hint: hint)
  }

  /// The line: `{"check":"udp","result":"pass","ms":12,"reason":"…","hint":"…"}`.
  var json: JSONValue {
    .object(present: [
      "check": .string(check.rawValue), "result": .string(result.rawValue),
      "ms": elapsed.map { .int($0.milliseconds) }, "reason": .string(reason), "hint": hint.map { .string($0) },
    ])
  }
}
