import PilotConsole
import PilotNode
import PilotTransport
import PilotWSS
import PilotWire

/// What `pilot attach` says of each path that holds a node up, until it is ready: a value, shown how they stand now and then.
///
/// A node's own state tells nothing as long as one of its paths may still come up, and a connection to a host that drops packets may
/// for 20 s. So each path is told of by itself: what is wrong once it has had its time, and that a connection is still being made once
/// that takes longer. The second line of a path, if there is one, says what has become of its connection; there is no third.
struct PathReports: Sendable {
  /// How a path stands that isn't at rest.
  struct Standing: Sendable {
    let path: PathID
    let beacon: BeaconURL
    let state: NodeState
    /// The proxy on the way, without credentials.
    var proxy: String?
  }

  private enum Course: Sendable {
    /// Since it was seen first.
    case opened(MonotonicInstant)
    /// It was told that it takes its time.
    case late
    /// What is wrong was told.
    case told
  }

  /// How long the node has until anything is told, and how long a connection has until it is told of.
  private let patience: Duration
  /// Whether there is only one, of which the node's own state tells.
  private let isOnly: Bool
  /// How a hindrance is told.
  private let words: @Sendable (NodeState.Hindrance) -> String
  private var began: MonotonicInstant?
  private var courses: [PathID: Course] = [:]

  /// - Parameters:
  ///   - patience: The node's.
  ///   - isOnly: Whether the node has one path.
  ///   - words: How a hindrance is told. Called once for each path at most.
  init(
    patience: Duration, isOnly: Bool, words: @escaping @Sendable (NodeState.Hindrance) -> String = { "\($0)" }
  ) {
    self.patience = patience
    self.isOnly = isOnly
    self.words = words
  }

  /// Looks at all paths.
  ///
  /// - Returns: What to write.
  mutating func look(_ paths: [Standing], at now: MonotonicInstant) -> [AttachEvent] {
    let began = began ?? now
    self.began = began
    let isTime = began.duration(to: now) >= patience
    return paths.compactMap { look($0, at: now, isTime: isTime) }
  }

  private mutating func look(_ path: Standing, at now: MonotonicInstant, isTime: Bool) -> AttachEvent? {
    let course = courses[path.path] ?? .opened(now)
    courses[path.path] = course
    if case .told = course { return nil }
    guard isTime else { return nil }
    if let fault = fault(path) {
      courses[path.path] = .told
      return fault
    }
    guard case .opened(let start) = course, start.duration(to: now) >= patience, path.state == .joining,
      case .wss = path.beacon
    else { return nil }
    courses[path.path] = .late
    return line(path, .timedOut, "no connection within \(patience)", advice(path))
  }

  private func fault(_ path: Standing) -> AttachEvent? {
    switch path.state {
    case .unreachable(let hindrance):
      return line(path, hindrance.code, words(hindrance), advice(hindrance, path.beacon))
    case .reconnecting(let reason, _, _) where !isOnly:
      let failure = CommandFailure(reason)
      return line(path, reason.code, failure.what, failure.hint)
    default:
      return nil
    }
  }

  private func line(
    _ path: Standing, _ code: TransportError.Code, _ what: String, _ advice: String?
  ) -> AttachEvent {
    let url = path.beacon.description
    let words = what.contains(url) ? what : "\(url): \(what)"
    return .error(code: code.description, message: CommandFailure(words, hint: advice).description)
  }

  /// What to try where a connection isn't made.
  private func advice(_ path: Standing) -> String {
    if let proxy = path.proxy { return "see that the proxy \(proxy) answers; this node goes on dialling" }
    return """
      a firewall may drop TCP to port \(path.beacon.port): have it opened, or go through a proxy (--proxy); this node goes on dialling
      """
  }

  /// What to try where nothing comes over UDP.
  private func advice(_ hindrance: NodeState.Hindrance, _ beacon: BeaconURL) -> String {
    switch hindrance {
    case .unanswered:
      "a firewall may drop UDP to port \(beacon.port): have it opened, or see that the beacon runs there"
    case .unresolved: "check the name and the name server, or give an address (--address HOST=ADDRESS)"
    case .unsendable(.system): "look at this machine's own rules (nft list ruleset)"
    case .unsendable: "check this machine's network and its routes"
    default: "this node goes on asking it"
    }
  }
}

extension BeaconURL {
  fileprivate var port: Int {
    switch self {
    case .udp(_, let port): Int(port)
    case .wss(let url): url.port
    }
  }
}

extension NodeState.Hindrance {
  /// What an `error` line calls it.
  var code: TransportError.Code {
    switch self {
    case .unanswered, .undelivered: .timedOut
    case .unresolved: .resolveFailed
    case .unsendable(let code): code
    @unknown default: .unreachable
    }
  }
}
