import PilotNode
import PilotTransport
import PilotWSS
import Testing

@testable import PilotCommands

/// What is said of each path that holds a node up.
struct PathReportsTests {
  private static let udp = BeaconURL.udp(host: "beacon.test", port: 9_001)
  private static let dark = BeaconURL.wss(WSSURL(host: "dark.test"))
  private static let strict = BeaconURL.wss(WSSURL(host: "strict.test"))
  private static let refused = NodeState.reconnecting(
    reason: TransportError(code: .authenticationFailed, message: "\(strict) refused node 7"), attempt: 1,
    delay: .seconds(1))

  private var reports = PathReports(patience: .seconds(2), isOnly: false)

  private func standing(
    _ path: Int, _ beacon: BeaconURL, _ state: NodeState, proxy: String? = nil
  ) -> PathReports.Standing {
    PathReports.Standing(path: PathID(path), beacon: beacon, state: state, proxy: proxy)
  }

  private mutating func look(_ milliseconds: Int, _ paths: PathReports.Standing...) -> [String] {
    reports.look(paths, at: .start.advanced(by: .milliseconds(milliseconds))).map { event in
      guard case .error(let code, let message) = event else { return "\(event)" }
      return "\(code) \(message)"
    }
  }

  @Test mutating func `each path is told of once it has had its time, with what to do`() {
    #expect(look(0, standing(0, Self.udp, .joining), standing(1, Self.dark, .joining)) == [])
    let early = look(1_999, standing(0, Self.udp, .unreachable(.unanswered)), standing(1, Self.dark, .joining))
    #expect(early == [])
    let lines = look(2_000, standing(0, Self.udp, .unreachable(.unanswered)), standing(1, Self.dark, .joining))
    #expect(
      lines == [
        """
        timed_out udp://beacon.test:9001: the beacon doesn't answer; a firewall may drop UDP to port 9001: have it opened, \
        or see that the beacon runs there
        """,
        """
        timed_out \(Self.dark): no connection within 2.0 seconds; a firewall may drop TCP to port 443: have it opened, or go \
        through a proxy (--proxy); this node goes on dialling
        """,
      ])
    let again = look(9_000, standing(0, Self.udp, .unreachable(.unanswered)), standing(1, Self.dark, .joining))
    #expect(again == [])
  }

  @Test mutating func `a refusal is told at once behind that time, whatever another beacon does`() {
    _ = look(0, standing(0, Self.dark, .joining))
    _ = look(2_000, standing(0, Self.dark, .joining))
    _ = look(2_900, standing(0, Self.dark, .joining), standing(1, Self.strict, .joining))
    let lines = look(3_000, standing(0, Self.dark, .joining), standing(1, Self.strict, Self.refused))
    #expect(lines.count == 1)
    let words = "authentication_failed \(Self.strict) refused node 7; check that the beacon knows"
    #expect(lines.first?.hasPrefix(words) == true, "\(lines)")
    #expect(look(3_250, standing(1, Self.strict, Self.refused)) == [])
  }

  @Test mutating func `what becomes of a connection that took its time is told, and nothing more`() {
    _ = look(0, standing(0, Self.strict, .joining))
    #expect(look(2_000, standing(0, Self.strict, .joining)).count == 1)
    #expect(look(5_000, standing(0, Self.strict, Self.refused)).count == 1)
    #expect(look(6_000, standing(0, Self.strict, .joining)) == [])
    #expect(look(9_000, standing(0, Self.strict, Self.refused)) == [])
  }

  @Test mutating func `a path that is opened later has its own time for a connection`() {
    _ = look(0, standing(0, Self.udp, .joining))
    _ = look(3_000, standing(1, Self.dark, .joining))
    #expect(look(4_999, standing(1, Self.dark, .joining)) == [])
    #expect(look(5_000, standing(1, Self.dark, .joining)).count == 1)
  }

  @Test mutating func `of the only path the node's own state says why`() {
    reports = PathReports(patience: .seconds(2), isOnly: true)
    _ = look(0, standing(0, Self.strict, .joining))
    #expect(look(2_000, standing(0, Self.strict, Self.refused)) == [])
    #expect(look(2_250, standing(0, Self.strict, .joining)).count == 1)
  }

  @Test mutating func `behind a proxy the proxy is what to look at`() {
    let path = standing(0, Self.dark, .joining, proxy: "http://proxy.test:3128")
    _ = look(0, path)
    #expect(look(2_000, path).first?.contains("see that the proxy http://proxy.test:3128 answers") == true)
  }

  @Test mutating func `each hindrance has its advice`() {
    let table: [(NodeState.Hindrance, String)] = [
      (.undelivered, "goes on asking"), (.unresolved, "--address HOST=ADDRESS"),
      (.unsendable(.system), "a rule forbids it; look at this machine's own rules"),
      (.unsendable(.unreachable), "routes"),
    ]
    for (hindrance, words) in table {
      reports = PathReports(patience: .seconds(2), isOnly: false) {
        if case .unsendable(.system) = $0 { "a rule forbids it" } else { "\($0)" }
      }
      _ = look(0)
      let lines = look(2_000, standing(0, Self.udp, .unreachable(hindrance)))
      #expect(lines.count == 1 && lines.first?.contains(words) == true, "\(lines)")
    }
  }
}
