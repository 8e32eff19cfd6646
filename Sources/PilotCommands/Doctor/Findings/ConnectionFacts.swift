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
  /// Whether the dial is over, so that what wasn't reached won't be.
  var isDialled = false

  enum Route: Sendable, Equatable {
    /// With why there is no proxy in it.
    case direct(String)
    /// The proxy, without credentials, and what names it.
    case proxy(String, by: String)
  }
}

extension ConnectionFacts {
  /// Of a dial that hasn't begun.
  init(_ configuration: WSSTransport.Configuration, hasIdentity: Bool, idle: Duration?) throws(TransportError) {
    self.init(url: configuration.beacon)
    route = Route(try configuration.proxy.decision(for: configuration.beacon))
    self.hasIdentity = hasIdentity
    idleTime = idle
  }

  /// Whether a server has told its time of day.
  var tellsTime: Bool {
    if case .success(let page)? = page { return page.date != nil }
    return false
  }

  /// Whether what a check is about won't change any more.
  func isKnown(_ check: DoctorCheck) -> Bool {
    if check == .portal { return page != nil }
    if isDialled { return true }
    return switch check {
    case .tcp: connecting != .notReached
    case .proxy: if case .direct = route { true } else { tunnelling != .notReached }
    case .tls: !url.isSecure || securing != .notReached
    case .upgrade: upgrading != .notReached
    case .auth: !hasIdentity || authenticating != .notReached
    case .idle: idleTime == nil || !hasIdentity || idling != .notReached
    case .dns, .clock, .udp, .nat, .mtu, .portal: true
    }
  }
}

extension ConnectionFacts.Route {
  fileprivate init(_ decision: ProxyDecision) {
    guard let proxy = decision.proxy else {
      self = .direct(decision.description)
      return
    }
    if case .variable(let name) = decision.reason {
      self = .proxy(proxy.description, by: name + decision.warning)
    } else {
      self = .proxy(proxy.description, by: "--proxy" + decision.warning)
    }
  }
}
