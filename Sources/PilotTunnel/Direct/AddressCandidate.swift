import PilotTransport
import PilotWire

/// From whom an address is known. The greater, the likelier the peer is there.
enum CandidateOrigin: Int, Comparable, Sendable {
  /// The peer has named it in a sealed frame.
  case named
  /// The beacon has, when it was asked.
  case commanded
  /// A sealed frame of the peer's came from there.
  case heard

  static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// An address where a peer may be.
struct AddressCandidate: Sendable {
  /// When its probes are sent after the first: the peer's NAT may open only when the peer has heard of this node's address by
  /// the relay, and one may be lost.
  static let pauses: [Duration] = [.milliseconds(250), .milliseconds(500), .seconds(1)]
  /// A series isn't begun anew before this has passed since the last began, while no address is in use.
  static let rest: Duration = .seconds(3)

  let endpoint: Endpoint
  var origin: CandidateOrigin
  var ledger = ProbeLedger()
  /// Whether a probe has come back from there since the series began.
  private(set) var isAnswered = false
  /// When the next probe is due; nil after the last.
  private(set) var nextProbe: MonotonicInstant?
  private var begun: MonotonicInstant
  /// How many were sent in this series.
  private var sent = 0
  /// Whether a probe was brought forward in this series, since a frame came from there.
  private var isHurried = false

  init(_ endpoint: Endpoint, _ origin: CandidateOrigin, at now: MonotonicInstant) {
    self.endpoint = endpoint
    self.origin = origin
    begun = now
    nextProbe = now
  }

  /// It is to be probed anew, unless that has just begun.
  ///
  /// - Parameters:
  ///   - rest: How long ago that must be.
  ///   - now: The time.
  mutating func renew(after rest: Duration, at now: MonotonicInstant) {
    guard begun.duration(to: now) >= rest else { return }
    (begun, nextProbe, sent, isHurried, isAnswered) = (now, now, 0, false, false)
  }

  /// A frame of the peer's came from there: the way is open, in this direction at least.
  mutating func heard(after rest: Duration, at now: MonotonicInstant) {
    origin = .heard
    renew(after: rest, at: now)
    guard !isHurried, !isAnswered else { return }
    isHurried = true
    if sent > 0 { nextProbe = now }
  }

  /// It is probed.
  mutating func probed(_ token: UInt64, at now: MonotonicInstant) {
    ledger.sent(token, at: now)
    nextProbe = sent < Self.pauses.count ? now.advanced(by: Self.pauses[sent]) : nil
    sent += 1
  }

  /// A probe has come back from there: no more are needed.
  mutating func answered() {
    isAnswered = true
    nextProbe = nil
  }

  /// It is to be probed, and has to wait.
  mutating func postpone(to later: MonotonicInstant) { nextProbe = later }
}
