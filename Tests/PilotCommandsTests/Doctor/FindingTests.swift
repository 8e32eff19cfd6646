import PilotConsole
import PilotNode
import PilotTransport
import PilotWSS
import PilotWire
import Testing

@testable import PilotCommands

/// What `pilot doctor` makes of what it has seen.
struct FindingTests {
  private static let beacon = Endpoint(ipv4: 192, 0, 2, 10, port: 9_001)
  private static let other = Endpoint(ipv4: 192, 0, 2, 20, port: 9_001)

  private func endpoint(_ text: String) throws -> Endpoint { try Endpoint(parsing: text) }

  private func datagrams(_ observed: String..., local: String = "10.0.0.5:4000") throws -> DatagramFacts {
    let sources = [Self.beacon, Self.other]
    var beacons: [DatagramFacts.Beacon] = []
    for (place, text) in observed.enumerated() {
      beacons.append(
        DatagramFacts.Beacon(
          url: .udp(host: sources[place].addressText, port: 9_001), endpoints: [sources[place]],
          answer: DatagramFacts.Answer(
            source: sources[place], observed: try endpoint(text), roundTrip: .milliseconds(12), tries: 1)))
    }
    return DatagramFacts(beacons: beacons, local: [try endpoint(local)])
  }

  private func connection(page status: Int = 426, clock: Int = 0) -> ConnectionFacts {
    var facts = ConnectionFacts(url: WSSURL(host: "beacon.example"))
    facts.connecting = .done(.init(elapsed: .milliseconds(1)))
    facts.securing = .done(.init(elapsed: .milliseconds(1)))
    facts.upgrading = .done(.init(elapsed: .milliseconds(1)))
    facts.page = .success(
      .init(status: status, location: nil, date: 1_000_000, localTime: 1_000_000 + clock, elapsed: .milliseconds(3)))
    return facts
  }

  @Test func `a line has the fixed form`() {
    let finding = Finding.fail(.udp, "nothing", in: .milliseconds(12), hint: "try again")
    #expect(finding.json.line == #"{"check":"udp","result":"fail","ms":12,"reason":"nothing","hint":"try again"}"#)
    #expect(Finding.skipped(.nat, "no").json.line == #"{"check":"nat","result":"skipped","reason":"no"}"#)
    let verdict = Verdict(way: .wss, maximumPayload: 9, reason: "so")
    #expect(verdict.json.line == #"{"verdict":"wss","max_payload":9,"reason":"so"}"#)
    #expect(Verdict(way: .none, maximumPayload: nil, reason: "so").json.line == #"{"verdict":"none","reason":"so"}"#)
    let order = "dns clock udp nat mtu tcp portal proxy tls upgrade auth idle"
    #expect(DoctorCheck.allCases.map(\.rawValue).joined(separator: " ") == order)
  }

  @Test func `the kind of address translation is told from what two beacons see`() throws {
    #expect(Finding.nat(try datagrams("10.0.0.5:4000")).reason.hasPrefix("none"))
    #expect(Finding.nat(try datagrams("198.51.100.1:700")).hint?.contains("second udp:// beacon") == true)
    let same = Finding.nat(try datagrams("198.51.100.1:700", "198.51.100.1:700"))
    #expect(same.reason.contains("the same address"))
    let symmetric = Finding.nat(try datagrams("198.51.100.1:700", "198.51.100.1:701"))
    #expect(symmetric.result == .pass && symmetric.reason.contains("symmetric NAT"))
    #expect(Finding.nat(DatagramFacts(beacons: [])).result == .skipped)
  }

  @Test func `a silent beacon is told from one that nobody runs`() throws {
    var facts = try datagrams("10.0.0.5:4000")
    facts.beacons[0].answer = nil
    #expect(Finding.udp(facts).hint?.contains("firewall may drop UDP") == true)
    facts.beacons[0].report = "nothing listens"
    #expect(Finding.udp(facts).hint?.contains("check that the beacon runs there") == true)
    #expect(Finding.udp(facts).reason.contains("nothing listens"))
  }

  @Test(arguments: [
    (426, Finding.Result.pass), (200, .fail), (302, .fail), (511, .fail), (404, .fail), (502, .fail),
  ])
  func `only 426 is a beacon's answer`(status: Int, result: Finding.Result) {
    #expect(Finding.portal(connection(page: status)).result == result)
  }

  @Test(arguments: [
    (0, Finding.Result.pass, "agree"), (60, .pass, "60 s ahead"), (61, .fail, "61 s ahead"),
    (-61, .fail, "61 s behind"),
  ])
  func `a clock may be a minute off`(ahead: Int, result: Finding.Result, words: String) {
    let finding = Finding.clock(connection(clock: ahead))
    #expect(finding.result == result && finding.reason.contains(words))
  }

  @Test func `what fails is the first step that wasn't done`() {
    let error = TransportError(code: .timedOut, message: "too slow")
    for (count, failed) in [DoctorCheck.tcp, .tls, .upgrade, .auth].enumerated() {
      var facts = ConnectionFacts(url: WSSURL(host: "beacon.example"))
      facts.hasIdentity = true
      var report = DialInspection.Report()
      let steps: [DialProgress] = [
        .connected(to: nil), .secured(TLSSummary(version: "TLS 1.3", issuer: "CN=a", expiry: 0)),
        .upgraded(subprotocol: "pilot.v2"),
      ]
      report.steps = steps.prefix(count).map { ($0, .milliseconds(1)) }
      report.failure = error
      facts.take(report)
      let findings = [Finding.tcp(facts), .tls(facts), .upgrade(facts), .auth(facts)]
      #expect(findings.filter { $0.result == .fail }.map(\.check) == [failed])
      #expect(findings.count { $0.result == .pass } == count)
      #expect(!facts.isUsable)
    }
  }

  @Test func `the verdict is what a node would use`() throws {
    let none = DatagramFacts(beacons: [])
    let good = SizeFacts(longest: 1_472)
    #expect(Verdict(datagrams: none, sizes: nil, connection: nil).way == .none)
    let udp = Verdict(datagrams: try datagrams("10.0.0.5:4000"), sizes: good, connection: connection())
    #expect(udp.way == .udp && udp.maximumPayload == 1_463)
    #expect(Verdict(datagrams: none, sizes: nil, connection: connection()).way == .wss)
    let narrow = SizeFacts(longest: 1_024, shortestLost: 1_172)
    let bad = try datagrams("10.0.0.5:4000")
    #expect(Verdict(datagrams: bad, sizes: narrow, connection: connection()).way == .wss)
    #expect(Verdict(datagrams: bad, sizes: narrow, connection: nil).maximumPayload == 1_015)
    // Known to nobody, it can't use the connection.
    var refused = connection()
    refused.hasIdentity = true
    #expect(Verdict(datagrams: none, sizes: nil, connection: refused).way == .none)
  }

  @Test func `a name that only a proxy resolves does no harm`() {
    let names = [NameFacts(host: "inside.example", ipv4: .init(reason: "unknown"), ipv6: .init(reason: "unknown"))]
    #expect(Finding.dns(names).result == .fail)
    #expect(Finding.dns(names, proxied: ["inside.example"]).result == .pass)
  }
}
