import PilotTransport
import PilotWire

/// Whether a peer puts fragments together, as far as it has said so in the session that there is: it is asked a few times when the
/// session is new, and again when there is something to send that needs it.
///
/// What it said in the session before counts until it has had the time to answer: a new key as such changes nothing.
struct FragmentAgreement: Sendable {
  /// How often it is asked in a row, and from one question to the next.
  static let questions = 3
  static let pause: Duration = .milliseconds(400)
  /// From the last question in vain to the next, at least; and from one answer of this node's to the next.
  static let rest: Duration = .seconds(2)

  /// The longest datagram that it takes, in bytes; nil if it hasn't said that it takes any.
  private(set) var longest: Int?
  private var asked = 0
  private var askedAt: MonotonicInstant?
  private var answeredAt: MonotonicInstant?
  /// When it is asked again, or given up.
  private(set) var due: MonotonicInstant?

  /// The session is new, or there is something to send: it is to be asked.
  mutating func want(at now: MonotonicInstant) {
    guard due == nil, askedAt.map({ $0.duration(to: now) >= Self.rest }) ?? true else { return }
    (asked, due) = (0, now)
  }

  /// There is a new session.
  mutating func renew(at now: MonotonicInstant) { (asked, due) = (0, now) }

  /// Time has passed. Whether to ask.
  mutating func tick(at now: MonotonicInstant) -> Bool {
    guard let due, due <= now else { return false }
    guard asked < Self.questions else {
      (longest, self.due) = (nil, nil)
      return false
    }
    asked += 1
    askedAt = now
    self.due = now.advanced(by: Self.pause)
    return true
  }

  /// It has said what it takes. Whether to answer.
  mutating func heard(_ offer: FragmentOffer, at now: MonotonicInstant) -> Bool {
    (longest, due) = (offer.longest, nil)
    guard offer.isQuestion, answeredAt.map({ $0.duration(to: now) >= Self.pause / 2 }) ?? true else { return false }
    answeredAt = now
    return true
  }
}
