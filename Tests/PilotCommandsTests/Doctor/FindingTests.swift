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
    var verdict = Verdict(path: .wss, maximumPayload: 9, reason: "so")
    #expect(verdict.json.line == #"{"verdict":"wss","max_payload":9,"reason":"so"}"#)
    #expect(DoctorReport.text(verdict) == "A node here uses WSS (payloads of up to 9 bytes): so.")
    verdict.limitReason = "why"
    #expect(verdict.json.line == #"{"verdict":"wss","max_payload":9,"reason":"so; no longer payloads: why"}"#)
    #expect(
      DoctorReport.text(verdict)
        == "A node here uses WSS (payloads of up to 9 bytes): so.\nWhy no longer payloads: why.")
    #expect(Verdict(path: .none, maximumPayload: nil, reason: "so").json.line == #"{"verdict":"none","reason":"so"}"#)
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
    (426, Finding.Result.pass), (200, .fail), (302, .fail), (511, .fail), (404, .fail), (407, .fail), (502, .fail),
  ])
  func `only 426 is a beacon's answer`(status: Int, result: Finding.Result) {
    #expect(Finding.connection(.portal, [connection(page: status)]).result == result)
  }

  @Test(arguments: [
    (0, Finding.Result.pass, "agree"), (60, .pass, "60 s ahead"), (61, .fail, "61 s ahead"),
    (-61, .fail, "61 s behind"),
  ])
  func `a clock may be a minute off`(ahead: Int, result: Finding.Result, words: String) {
    let finding = Finding.clock([connection(clock: ahead)])
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
      let findings = [DoctorCheck.tcp, .tls, .upgrade, .auth].map { Finding.connection($0, [facts]) }
      #expect(findings.filter { $0.result == .fail }.map(\.check) == [failed])
      #expect(findings.count { $0.result == .pass } == count)
      #expect(!facts.isUsable)
    }
  }

  @Test func `the verdict is what a node would use`() throws {
    let none = DatagramFacts(beacons: [])
    let good = SizeFacts(longest: 1_472)
    #expect(Verdict(datagrams: none, sizes: nil, connections: []).path == .none)
    let udp = Verdict(datagrams: try datagrams("10.0.0.5:4000"), sizes: good, connections: [connection()])
    #expect(udp.path == .udp)
    #expect(Verdict(datagrams: none, sizes: nil, connections: [connection()]).path == .wss)
    let narrow = SizeFacts(longest: 1_024, shortestLost: 1_172)
    let bad = try datagrams("10.0.0.5:4000")
    #expect(Verdict(datagrams: bad, sizes: narrow, connections: [connection()]).path == .wss)
    #expect(Verdict(datagrams: bad, sizes: narrow, connections: []).maximumPayload == 1_015)
    // Known to nobody, it can't use the connection.
    var refused = connection()
    refused.hasIdentity = true
    #expect(Verdict(datagrams: none, sizes: nil, connections: [refused]).path == .none)
  }

  @Test func `the payload is what gets to a peer of which nothing is known, and what gets further is said`() throws {
    let none = DatagramFacts(beacons: [])
    let unknown = "nothing is known of the way to the peer, and this much gets through nearly everywhere"
    let wss = Verdict(datagrams: none, sizes: nil, connections: [connection()])
    #expect(wss.maximumPayload == 1_227)
    #expect(wss.limitReason == "\(unknown); 65526 bytes get as far as the beacon")
    let answers = try datagrams("10.0.0.5:4000")
    let wide = Verdict(datagrams: answers, sizes: SizeFacts(longest: 1_472), connections: [])
    #expect(wide.maximumPayload == 1_227)
    #expect(wide.limitReason == "\(unknown); 1463 bytes get as far as the beacon")
    // The own side is the narrower one.
    let narrow = Verdict(
      datagrams: answers, sizes: SizeFacts(longest: 1_024, shortestLost: 1_172), connections: [])
    #expect(narrow.maximumPayload == 1_015)
    #expect(narrow.limitReason == "the path to the beacon takes packets of 1052 bytes in one piece")
    // What nobody has measured isn't told.
    let unmeasured = Verdict(datagrams: answers, sizes: SizeFacts(isSupported: false), connections: [connection()])
    #expect(unmeasured.path == .udp && unmeasured.maximumPayload == 1_227 && unmeasured.limitReason == unknown)
  }

  @Test func `where no frame comes through in one piece the verdict is WSS, else UDP without a length`() throws {
    let answers = try datagrams("10.0.0.5:4000")
    let nothing = SizeFacts(longest: nil, shortestLost: 548)
    #expect(Finding.mtu(nothing).result == .fail)
    let wss = Verdict(datagrams: answers, sizes: nothing, connections: [connection()])
    #expect(wss.path == .wss && wss.reason == "UDP loses frames of the usual length, and WSS works")
    let udp = Verdict(datagrams: answers, sizes: nothing, connections: [])
    #expect(udp.path == .udp && udp.maximumPayload == nil && udp.limitReason == nil)
    #expect(
      udp.reason == "UDP works for the shortest frames alone: none of 548 bytes comes through in one piece")
  }

  @Test func `lengths are those of the way out, and the line says so`() {
    for facts in [SizeFacts(), SizeFacts(longest: 1_232), SizeFacts(longest: 1_232, shortestLost: 1_252)] {
      #expect(Finding.mtu(facts).reason.contains("on the way out"))
    }
  }

  @Test func `a name that only a proxy resolves does no harm`() {
    let names = [NameFacts(host: "inside.example", ipv4: .init(reason: "unknown"), ipv6: .init(reason: "unknown"))]
    #expect(Finding.dns(names).result == .fail)
    #expect(Finding.dns(names, proxied: ["inside.example"]).result == .pass)
  }

  @Test func `what --address says stands in for the name server, and the line says so`() throws {
    let given = [try endpoint("192.0.2.10:0")]
    var name = NameFacts(
      host: "beacon.test", ipv4: .init(reason: "no such name"), ipv6: .init(reason: "no such name"), given: given)
    #expect(name.addresses == given)
    let finding = Finding.dns([name])
    #expect(finding.result == .pass)
    #expect(finding.reason.contains("no IPv4 (no such name)"))
    #expect(finding.reason.contains("--address has 192.0.2.10"))
    #expect(finding.hint?.contains("--address stands in") == true)
    // What the name server says may be newer.
    name.ipv4.addresses = [try endpoint("192.0.2.20:0")]
    #expect(name.addresses == name.ipv4.addresses)
    #expect(!Finding.dns([name]).reason.contains("--address"))
  }

  @Test func `a beacon without an address was not asked, and no firewall is blamed`() throws {
    var facts = DatagramFacts(beacons: [.init(url: .udp(host: "beacon.test", port: 9_001), endpoints: [])])
    let finding = Finding.udp(facts)
    #expect(finding.result == .fail && finding.elapsed == nil)
    #expect(finding.reason == "udp://beacon.test:9001 was not asked: its name has no address")
    #expect(finding.hint?.contains("--address HOST=ADDRESS") == true)
    // With another one that is asked, that one's silence counts.
    facts.beacons.append(.init(url: .udp(host: "192.0.2.10", port: 9_001), endpoints: [Self.beacon]))
    #expect(Finding.udp(facts).hint?.contains("firewall may drop UDP") == true)
  }

  @Test func `what this machine doesn't send has its reason, once it holds for all addresses`() {
    struct Refusal: Error, CustomStringConvertible { let description = "Operation not permitted (errno 1)" }
    let forbidden = TransportError(code: .system, message: "a rule forbids sending to it", cause: Refusal())
    var beacon = DatagramFacts.Beacon(
      url: .udp(host: "beacon.test", port: 9_001), endpoints: [Self.beacon, Self.other])
    beacon.refusals[Self.beacon] = forbidden
    let silent = Finding.udp(DatagramFacts(beacons: [beacon]))
    #expect(!silent.reason.contains("forbids") && silent.hint?.contains("may drop UDP") == true)
    beacon.refusals[Self.other] = forbidden
    let refused = Finding.udp(DatagramFacts(beacons: [beacon]))
    #expect(refused.reason.hasSuffix("was not asked: a rule forbids sending to it: Operation not permitted (errno 1)"))
    #expect(refused.hint?.contains("nft list ruleset") == true)
    beacon.refusals = beacon.refusals.mapValues { _ in TransportError(code: .unreachable, message: "no route") }
    #expect(Finding.udp(DatagramFacts(beacons: [beacon])).hint?.contains("routes") == true)
  }

  @Test func `the least length that was told of the beacon's way is told on`() throws {
    var facts = SizeFacts(longest: 1_232, shortestLost: 1_252)
    #expect(!Finding.mtu(facts).reason.contains("said to fit"))
    for bytes in [1_400, 1_280, 1_500] {
      facts.hear(
        .pathMTU(try endpoint("192.0.2.10:0"), PathMTU(bytes: bytes), quoted: QuotedDatagram()), of: Self.beacon)
    }
    facts.hear(.pathMTU(Self.other, PathMTU(bytes: 600), quoted: QuotedDatagram()), of: Self.beacon)
    #expect(facts.told == 1_252)
    #expect(Finding.mtu(facts).reason.contains("and 1252 are said to fit"))
  }

  private func dialled(_ host: String, failing: DoctorCheck? = nil) -> ConnectionFacts {
    let error = TransportError(code: .timedOut, message: "\(failing?.rawValue ?? "") is in the way; move \(host)")
    func step(_ check: DoctorCheck, _ order: [DoctorCheck]) -> ConnectionFacts.Step {
      guard let failing, let at = order.firstIndex(of: failing), let own = order.firstIndex(of: check), own >= at else {
        return .done(.init(elapsed: .milliseconds(1), words: "\(check.rawValue) works"))
      }
      return own == at ? .failed(error, after: .seconds(1)) : .notReached
    }
    let order: [DoctorCheck] = [.tcp, .tls, .upgrade, .auth]
    var facts = ConnectionFacts(url: WSSURL(host: host))
    facts.hasIdentity = true
    facts.connecting = step(.tcp, order)
    facts.securing = step(.tls, order)
    facts.upgrading = step(.upgrade, order)
    facts.authenticating = step(.auth, order)
    facts.isDialled = true
    return facts
  }

  @Test func `of several beacons each is named, and a refusal isn't hidden behind another one's silence`() {
    let beacons = [dialled("dark.test", failing: .tcp), dialled("strict.test", failing: .auth)]
    let (dark, strict) = ("\(beacons[0].url)", "\(beacons[1].url)")
    let tcp = Finding.connection(.tcp, beacons)
    #expect(tcp.result == .pass)
    #expect(tcp.reason == "\(dark): tcp is in the way; \(strict): tcp works")
    #expect(tcp.hint == "\(dark): move dark.test")
    let auth = Finding.connection(.auth, beacons)
    #expect(auth.result == .fail && auth.elapsed == .seconds(1))
    #expect(auth.reason == "\(dark): a step before it failed; \(strict): auth is in the way")
    #expect(auth.hint == "\(strict): move strict.test")
    #expect(Verdict(datagrams: DatagramFacts(beacons: []), sizes: nil, connections: beacons).path == .none)
    // The other way round, and with one that works.
    let better = beacons.reversed() + [dialled("open.test")]
    #expect(Finding.connection(.auth, better).result == .pass)
    #expect(Finding.connection(.auth, better).hint == "\(strict): move strict.test")
    #expect(Verdict(datagrams: DatagramFacts(beacons: []), sizes: nil, connections: better).path == .wss)
  }

  @Test func `one beacon is not named, and what nobody asked for is said once`() {
    #expect(Finding.connection(.tcp, [dialled("a.test")]).reason == "tcp works")
    let several = [dialled("a.test"), dialled("b.test")]
    #expect(Finding.connection(.idle, several).reason == "not asked for")
    #expect(Finding.connection(.tcp, []).reason == "no wss:// beacon was given")
  }

  @Test func `the clock is the first beacon's that has told its time`() {
    var silent = connection()
    silent.page = .failure(TransportError(code: .timedOut, message: "silent"))
    #expect(Finding.clock([silent]).result == .skipped)
    let finding = Finding.clock([silent, connection(clock: 90)])
    #expect(finding.result == .fail && finding.reason.contains("90 s ahead of that of wss://beacon.example"))
  }

  @Test func `what can't be begun is the step that would have failed`() {
    let error = TransportError(code: .invalidConfiguration, message: "no")
    for (isSecure, failed) in [(true, DoctorCheck.tls), (false, .tcp)] {
      var facts = ConnectionFacts(url: WSSURL(isSecure: isSecure, host: "a.test"))
      facts.cannotBegin(error)
      #expect(Finding.connection(failed, [facts]).result == .fail)
      #expect(facts.isKnown(.auth) && !facts.isUsable)
    }
  }
}
