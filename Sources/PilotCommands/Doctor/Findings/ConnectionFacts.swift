import PilotConsole
import PilotTransport
import PilotWSS
import PilotWire

/// What came of dialling a beacon over WSS, step by step.
struct ConnectionFacts: Sendable {
  /// A step that was taken.
  struct Taken: Sendable, Equatable {
    let elapsed: Duration
    /// What was seen.
    var words = ""
  }

  /// What became of a step.
  enum Step: Sendable, Equatable {
    case done(Taken)
    case failed(TransportError, after: Duration)
    /// A step before it failed.
    case notReached
  }

  /// What answers a plain request at the beacon's path, where 426 is due (wire reference, section 3). The certificate isn't
  /// judged for it, and nothing secret is sent.
  struct Page: Sendable, Equatable {
    let status: Int
    /// Where it redirects to, if it does.
    var location: String?
    /// The server's time of day, in seconds since 1970.
    var date: Int?
    /// This machine's at that moment.
    var localTime: Int
    var elapsed: Duration
  }

  let url: WSSURL
  /// What decided on the way, and which way it is.
  var route = Route.direct("no proxy: not looked at")
  var connecting = Step.notReached
  var tunnelling = Step.notReached
  var securing = Step.notReached
  var upgrading = Step.notReached
  var authenticating = Step.notReached
  var page: Result<Page, TransportError>?
  /// Whether there is an identity to authenticate with.
  var hasIdentity = false
  /// How the connection took being idle, if that was asked for.
  var idling = Step.notReached
  /// How long it was to be idle.
  var idleTime: Duration?

  enum Route: Sendable, Equatable {
    /// With why there is no proxy in it.
    case direct(String)
    /// The proxy, without credentials, and what names it.
    case proxy(String, by: String)
  }
}

extension Finding {
  /// Clocks may differ by so much: certificates' times are rarely closer than that to their limits.
  private static let tolerance = 60

  static func clock(_ facts: ConnectionFacts?) -> Finding {
    guard case .success(let page)? = facts?.page, let date = page.date else {
      return .skipped(.clock, "no beacon told its time")
    }
    let ahead = page.localTime - date
    let words =
      switch ahead {
      case 0: "this machine and the beacon agree"
      case 1...: "this machine's clock is \(ahead) s ahead of the beacon's"
      default: "this machine's clock is \(-ahead) s behind the beacon's"
      }
    guard abs(ahead) > tolerance else { return .pass(.clock, words) }
    return .fail(.clock, words, hint: "set the clock (timedatectl set-ntp true): certificates are judged by it")
  }

  static func tcp(_ facts: ConnectionFacts?) -> Finding {
    guard let facts else { return .noConnection(.tcp) }
    return .step(.tcp, facts.connecting, of: facts)
  }

  static func portal(_ facts: ConnectionFacts?) -> Finding {
    guard let facts else { return .noConnection(.portal) }
    switch facts.page {
    case nil: return .skipped(.portal, "there is no connection")
    case .failure(let error):
      return .skipped(.portal, "nothing answered a plain request: \(CommandFailure(error).what)")
    case .success(let page):
      return portal(page, of: facts)
    }
  }

  private static func portal(_ page: ConnectionFacts.Page, of facts: ConnectionFacts) -> Finding {
    switch page.status {
    case 426: return .pass(.portal, "none: the beacon itself answers (426)", in: page.elapsed)
    case 200...399, 511:
      let target = page.location.map { " and leads to \($0)" } ?? ""
      return .fail(
        .portal, "a web page answers in the beacon's place (\(page.status))\(target)", in: page.elapsed,
        hint: "open a browser and log in to this network, or check the URL's host and path")
    default:
      return .fail(
        .portal, "a plain request is answered \(page.status), and by a beacon with 426", in: page.elapsed,
        hint: "check the URL's host and path, and what is in front of the beacon")
    }
  }

  static func proxy(_ facts: ConnectionFacts?) -> Finding {
    guard let facts else { return .noConnection(.proxy) }
    switch facts.route {
    case .direct(let why): return .skipped(.proxy, why)
    case .proxy(let proxy, let by):
      let finding = Finding.step(.proxy, facts.tunnelling, of: facts)
      let reason = finding.result == .skipped ? finding.reason : "\(proxy) (\(by)): \(finding.reason)"
      return Finding(
        check: .proxy, result: finding.result, elapsed: finding.elapsed, reason: reason, hint: finding.hint)
    }
  }

  static func tls(_ facts: ConnectionFacts?) -> Finding {
    guard let facts else { return .noConnection(.tls) }
    guard facts.url.isSecure else {
      return .skipped(.tls, "\(facts.url) is in the clear", hint: "use wss:// but for tests")
    }
    return .step(.tls, facts.securing, of: facts)
  }

  static func upgrade(_ facts: ConnectionFacts?) -> Finding {
    guard let facts else { return .noConnection(.upgrade) }
    return .step(.upgrade, facts.upgrading, of: facts)
  }

  static func auth(_ facts: ConnectionFacts?) -> Finding {
    guard let facts else { return .noConnection(.auth) }
    guard facts.hasIdentity else {
      return .skipped(.auth, "no identity was given", hint: "add --node ID --identity FILE")
    }
    return .step(.auth, facts.authenticating, of: facts)
  }

  static func idle(_ facts: ConnectionFacts?) -> Finding {
    guard let facts else { return .noConnection(.idle) }
    guard facts.idleTime != nil else { return .skipped(.idle, "not asked for", hint: "add --idle SECONDS") }
    guard facts.hasIdentity else {
      return .skipped(.idle, "a beacon keeps no connection without an identity", hint: "add --node ID --identity FILE")
    }
    return .step(.idle, facts.idling, of: facts)
  }

  private static func noConnection(_ check: DoctorCheck) -> Finding {
    .skipped(check, "no wss:// beacon was given", hint: "add --beacon wss://HOST")
  }

  private static func step(_ check: DoctorCheck, _ step: ConnectionFacts.Step, of facts: ConnectionFacts) -> Finding {
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
