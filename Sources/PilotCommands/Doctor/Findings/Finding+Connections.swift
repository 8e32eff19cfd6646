import PilotConsole
import PilotTransport
import PilotWSS

/// What connections show, to whichever beacon they lead.
extension Finding {
  /// Clocks may differ by so much: certificates' times are rarely closer than that to their limits.
  private static let tolerance = 60

  /// By the first beacon that has told its time.
  static func clock(_ beacons: [ConnectionFacts]) -> Finding {
    guard let facts = beacons.first(where: \.tellsTime), case .success(let page)? = facts.page, let date = page.date
    else { return .skipped(.clock, "no beacon told its time") }
    let beacon = beacons.count == 1 ? "the beacon" : "\(facts.url)"
    let ahead = page.localTime - date
    let words =
      switch ahead {
      case 0: "this machine and \(beacon) agree"
      case 1...: "this machine's clock is \(ahead) s ahead of that of \(beacon)"
      default: "this machine's clock is \(-ahead) s behind that of \(beacon)"
      }
    guard abs(ahead) > tolerance else { return .pass(.clock, words) }
    return .fail(.clock, words, hint: "set the clock (timedatectl set-ntp true): certificates are judged by it")
  }

  /// What one of the checks of connections says of all beacons: of several each is named, and it is passed if one passes.
  static func connection(_ check: DoctorCheck, _ beacons: [ConnectionFacts]) -> Finding {
    let findings = beacons.map { connection(check, $0) }
    guard let first = findings.first else {
      return .skipped(check, "no wss:// beacon was given", hint: "add --beacon wss://HOST")
    }
    if findings.allSatisfy({ $0 == first && $0.result == .skipped }) { return first }
    let named = zip(beacons, findings).map { (url: $0.url, finding: $1) }
    let failed = named.first { $0.finding.result == .fail }
    let main = findings.first { $0.result == .pass } ?? failed?.finding ?? first
    guard findings.count > 1 else { return main }
    let hint = failed.map { failed in failed.finding.hint.map { "\(failed.url): \($0)" } } ?? main.hint
    let reasons = named.map { url, finding in
      finding.reason.hasPrefix("\(url)") ? finding.reason : "\(url): \(finding.reason)"
    }
    return Finding(
      check: check, result: main.result, elapsed: main.elapsed, reason: reasons.joined(separator: "; "), hint: hint)
  }

  private static func connection(_ check: DoctorCheck, _ facts: ConnectionFacts) -> Finding {
    switch check {
    case .tcp: step(.tcp, facts.connecting)
    case .portal: portal(facts)
    case .proxy: proxy(facts)
    case .tls: tls(facts)
    case .upgrade: step(.upgrade, facts.upgrading)
    case .auth: auth(facts)
    case .idle: idle(facts)
    case .dns, .clock, .udp, .nat, .mtu: .skipped(check, "it isn't about connections")
    }
  }

  private static func portal(_ facts: ConnectionFacts) -> Finding {
    switch facts.page {
    case nil: return .skipped(.portal, "there is no connection")
    case .failure(let error):
      return .skipped(.portal, "nothing answered a plain request: \(CommandFailure(error).what)")
    case .success(let page):
      return portal(page)
    }
  }

  private static func portal(_ page: ConnectionFacts.Page) -> Finding {
    switch page.status {
    case 426: return .pass(.portal, "none: the beacon itself answers (426)", in: page.elapsed)
    case 200...399, 511:
      let target = page.location.map { " and leads to \($0)" } ?? ""
      return .fail(
        .portal, "a web page answers in the beacon's place (\(page.status))\(target)", in: page.elapsed,
        hint: "open a browser and log in to this network, or check the URL's host and path")
    case 407:
      return .fail(
        .portal, "a proxy on the way wants a user and a password (407)", in: page.elapsed,
        hint: "name it with --proxy http://USER:PASSWORD@HOST:PORT")
    default:
      return .fail(
        .portal, "a plain request is answered \(page.status), and by a beacon with 426", in: page.elapsed,
        hint: "check the URL's host and path, and what is in front of the beacon")
    }
  }

  private static func proxy(_ facts: ConnectionFacts) -> Finding {
    switch facts.route {
    case .direct(let why): return .skipped(.proxy, why)
    case .proxy(let proxy, let by):
      let finding = Finding.step(.proxy, facts.tunnelling)
      let reason = finding.result == .skipped ? finding.reason : "\(proxy) (\(by)): \(finding.reason)"
      return Finding(
        check: .proxy, result: finding.result, elapsed: finding.elapsed, reason: reason, hint: finding.hint)
    }
  }

  private static func tls(_ facts: ConnectionFacts) -> Finding {
    guard facts.url.isSecure else {
      return .skipped(.tls, "\(facts.url) is in the clear", hint: "use wss:// but for tests")
    }
    return step(.tls, facts.securing)
  }

  private static func auth(_ facts: ConnectionFacts) -> Finding {
    guard facts.hasIdentity else {
      return .skipped(.auth, "no identity was given", hint: "add --node ID --identity FILE")
    }
    return step(.auth, facts.authenticating)
  }

  private static func idle(_ facts: ConnectionFacts) -> Finding {
    guard facts.idleTime != nil else { return .skipped(.idle, "not asked for", hint: "add --idle SECONDS") }
    guard facts.hasIdentity else {
      return .skipped(.idle, "a beacon keeps no connection without an identity", hint: "add --node ID --identity FILE")
    }
    return step(.idle, facts.idling)
  }

  private static func step(_ check: DoctorCheck, _ step: ConnectionFacts.Step) -> Finding {
    switch step {
    case .done(let taken): return .pass(check, taken.words, in: taken.elapsed)
    case .failed(let error, let elapsed):
      var error = error
      // What the TLS library calls it says nothing that the message doesn't.
      if error.code == .tlsFailed { error.cause = nil }
      let failure = CommandFailure(error)
      return .fail(check, failure.what, in: elapsed, hint: failure.hint)
    case .notReached: return .skipped(check, "a step before it failed")
    }
  }
}
