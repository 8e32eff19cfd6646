import PilotConsole
import PilotTransport

/// How findings look to a person: a mark, the check, how long it took, and what was seen, with what to try under it.
enum DoctorReport {
  static func lines(_ finding: Finding) -> [String] {
    let mark =
      switch finding.result {
      case .pass: "ok  "
      case .fail: "FAIL"
      case .skipped: "-   "
      }
    let time = finding.elapsed.map { "\($0.milliseconds) ms" } ?? ""
    let name = finding.check.rawValue
    let head = "\(mark)  \(name.padded(to: 7))  \(String(repeating: " ", count: max(0, 7 - time.count)))\(time)  "
    let hint = finding.hint.map { [String(repeating: " ", count: head.count) + "-> \($0)"] } ?? []
    return [head + finding.reason] + hint
  }

  static func text(_ verdict: Verdict) -> String {
    let payload = verdict.maximumPayload.map { " (payloads of up to \($0) bytes)" } ?? ""
    let way =
      switch verdict.path {
      case .udp: "UDP"
      case .wss: "WSS"
      case .none: "no way to a beacon"
      }
    let limit = verdict.limitReason.map { "\nWhy no longer payloads: \($0)." } ?? ""
    return "A node here uses \(way)\(payload): \(verdict.reason).\(limit)"
      .replacing("uses no way to a beacon:", with: "has no way to a beacon:")
  }
}

extension String {
  fileprivate func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
