import PilotTransport

/// What the probes of a path show: whether it answers, how soon, and how many it loses.
///
/// An answer (DiscoverReply) doesn't say which probe it is for. It is counted for the latest that was sent long enough ago,
/// and for no other one. Frames of the node to itself have a number, and are told apart.
public struct PathProbing: Sendable {
  /// The times and limits.
  public struct Configuration: Sendable, Hashable {
    /// Between two probes of a path that carries frames. Default 1 s.
    public var interval: Duration = .seconds(1)
    /// The same under load, or when an answer is missing. Default 500 ms.
    public var busyInterval: Duration = .milliseconds(500)
    /// The same when nobody has sent or got anything for ``idleAfter``. Default 20 s: less than the shortest time after which
    /// a NAT in common use forgets a mapping, 30 s.
    public var idleInterval: Duration = .seconds(20)
    /// After what silence of its users a path is idle. Default 60 s.
    public var idleAfter: Duration = .seconds(60)
    /// Between two probes of a preferred path that carries none, to see whether it works again. Default 4 s, up to a tenth
    /// less.
    public var awayInterval: Duration = .seconds(4)
    /// Between two probes of a path whose round trip is compared. Default 60 s, up to a tenth less.
    public var measuringInterval: Duration = .seconds(60)
    /// From how many frames a second on a path is under load. Default 20.
    public var load = 20
    /// How long an answer is waited for: three round trips, at least this. Default 500 ms.
    public var shortestWait: Duration = .milliseconds(500)
    /// And at most this. Default 3 s.
    public var longestWait: Duration = .seconds(3)
    /// A path is given up when so many answers in a row are missing. Default 3.
    public var misses = 3
    /// And when the first of them was asked for so long ago. Default 6.5 s.
    public var span: Duration = .milliseconds(6_500)
    /// Or when ICMP has reported so many of them. Default 3.
    public var reports = 3
    /// The longest probe, in bytes. Default 8,192.
    public var longestProbe = 8_192

    /// The defaults.
    public init() {}
  }

  private struct Question: Sendable {
    let sentAt: MonotonicInstant
    var isMissed = false
  }

  /// More than are sent in twice the longest wait.
  private static let limit = 32

  private let configuration: Configuration
  private var questions: [Question] = []
  /// When the last one was sent.
  private(set) var lastSent: MonotonicInstant?
  private(set) var roundTrip = RoundTrip()
  private(set) var loss: LossWindow
  /// Missing answers since the last one, and when the first of them was asked for.
  private(set) var misses = 0
  private var firstMiss: MonotonicInstant?
  /// Answers since the last missing one, and when the first and the last of them were asked for.
  private(set) var answers = 0
  private var firstAnswer: MonotonicInstant?
  private var lastAnswer: MonotonicInstant?
  private(set) var reports = 0

  init(_ configuration: Configuration, _ loss: LossWindow.Configuration) {
    self.configuration = configuration
    self.loss = LossWindow(loss)
  }

  /// How long an answer is waited for.
  var wait: Duration {
    min(max((roundTrip.smoothed ?? .zero) * 3, configuration.shortestWait), configuration.longestWait)
  }

  /// When an answer will be missing, or the path is to be given up; nil if nothing is asked.
  var deadline: MonotonicInstant? {
    let missing = questions.first { !$0.isMissed }.map { $0.sentAt.advanced(by: wait) }
    guard misses >= configuration.misses, let firstMiss else { return missing }
    return missing.map { min($0, firstMiss.advanced(by: configuration.span)) }
      ?? firstMiss.advanced(by: configuration.span)
  }

  /// Whether a probe waits for its answer.
  var isWaiting: Bool { !questions.isEmpty }

  /// Whether the path is to be given up.
  func isLost(at now: MonotonicInstant) -> Bool {
    if reports >= configuration.reports { return true }
    guard misses >= configuration.misses, let firstMiss else { return false }
    return now >= firstMiss.advanced(by: configuration.span)
  }

  /// Whether so many answers in a row came, over so long a time.
  func hasAnswered(_ count: Int, over span: Duration) -> Bool {
    guard answers >= count, let firstAnswer, let lastAnswer else { return false }
    return firstAnswer.duration(to: lastAnswer) >= span
  }

  /// Whether a probe that was sent no earlier than that was answered.
  func hasAnswered(since instant: MonotonicInstant) -> Bool { lastAnswer.map { $0 >= instant } ?? false }

  /// A probe has been sent.
  mutating func sent(at now: MonotonicInstant) {
    if questions.count == Self.limit { questions.removeFirst() }
    questions.append(Question(sentAt: now))
    lastSent = now
  }

  /// Time has passed.
  ///
  /// - Returns: How many more answers are missing.
  mutating func expire(at now: MonotonicInstant) -> Int {
    var missed = 0
    for index in questions.indices where !questions[index].isMissed {
      guard now >= questions[index].sentAt.advanced(by: wait) else { continue }
      questions[index].isMissed = true
      miss(askedAt: questions[index].sentAt)
      missed += 1
    }
    questions.removeAll { now >= $0.sentAt.advanced(by: configuration.longestWait * 2) }
    return missed
  }

  /// An answer is missing: it was asked for then.
  private mutating func miss(askedAt instant: MonotonicInstant) {
    misses += 1
    if firstMiss == nil { firstMiss = instant }
    (answers, firstAnswer, lastAnswer) = (0, nil, nil)
    loss.record(lost: true)
  }

  /// An answer has come.
  ///
  /// - Returns: Whether a probe has waited for it.
  mutating func answered(at now: MonotonicInstant) -> Bool {
    guard let index = asked(at: now) else { return false }
    let question = questions.remove(at: index)
    roundTrip.sample(question.sentAt.duration(to: now))
    if question.isMissed { loss.forgive() } else { loss.record(lost: false) }
    answers += 1
    if firstAnswer == nil { firstAnswer = question.sentAt }
    lastAnswer = max(lastAnswer ?? question.sentAt, question.sentAt)
    isAlive()
    return true
  }

  /// The probe that an answer is for: the latest that can have drawn it. Where an earlier one was lost, its place is not to be
  /// taken by the answers that follow: the round trip would never be right again.
  private func asked(at now: MonotonicInstant) -> Int? {
    let waiting = questions.indices.filter { !questions[$0].isMissed }
    guard let least = roundTrip.least else { return waiting.first ?? questions.indices.last }
    return waiting.last { questions[$0].sentAt.duration(to: now) >= least / 2 } ?? waiting.last
      ?? questions.indices.last
  }

  /// A numbered probe has been sent that stands for a question: of a path that knows no others.
  mutating func sentNumbered(at now: MonotonicInstant) { lastSent = now }

  /// It hasn't come back in time.
  mutating func missed(askedAt instant: MonotonicInstant) { miss(askedAt: instant) }

  /// A numbered probe has come back after this time.
  mutating func heard(after time: Duration) {
    roundTrip.sample(time)
    loss.record(lost: false)
    isAlive()
  }

  /// One has come back that was held to be lost.
  mutating func heardLate() { isAlive() }

  /// A numbered probe hasn't come back in time. That is a loss, and no missing answer: the beacon may not take it.
  mutating func unheard() { loss.record(lost: true) }

  /// ICMP has reported that nothing listens there: the oldest probe under way is missing.
  ///
  /// - Returns: Whether there was one.
  mutating func reported() -> Bool {
    guard let index = questions.firstIndex(where: { !$0.isMissed }) else { return false }
    miss(askedAt: questions.remove(at: index).sentAt)
    reports += 1
    return true
  }

  private mutating func isAlive() { (misses, firstMiss, reports) = (0, nil, 0) }

  /// What is under way is neither answered nor missing: nobody could have heard it.
  mutating func forget() {
    questions = []
    isAlive()
  }

  /// The answers in a row are counted anew.
  mutating func restart() {
    forget()
    roundTrip.restart()
    (answers, firstAnswer, lastAnswer) = (0, nil, nil)
  }

  /// What was lost is of no account any more.
  mutating func resetLoss() { loss.reset() }
}
