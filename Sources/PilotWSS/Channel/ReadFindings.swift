/// What a read leaves to be done, in the order in which it came. The channel must not be touched while the decoder works.
struct ReadFindings {
  enum Step {
    case react(WebSocketReaction)
    case answer(ping: WebSocketControlPayload)
  }

  /// Pings of one read that are answered each. Beyond it only the latest is, which is enough (RFC 6455, section 5.5.3): a
  /// read of nothing but pings must not cost many times its size.
  static let pingLimit = 64

  private(set) var steps: [Step] = []
  /// The latest ping beyond the limit, to be answered behind the steps.
  private(set) var latestPing: WebSocketControlPayload?
  private var pings = 0
  /// The peer's Close, behind everything else.
  var close: WebSocketCloseFrame?
  /// Whether messages are still handed over.
  private(set) var takesMessages: Bool

  init(takesMessages: Bool) {
    self.takesMessages = takesMessages
  }

  /// Notes what a message led to.
  @inline(__always)
  mutating func note(_ reaction: WebSocketReaction) {
    switch reaction {
    case .none: return
    case .close, .abandon: takesMessages = false
    case .send, .establish, .leave: break
    }
    steps.append(.react(reaction))
  }

  mutating func note(ping payload: RawSpan) {
    if pings < Self.pingLimit {
      pings += 1
      steps.append(.answer(ping: WebSocketControlPayload(payload)))
    } else {
      latestPing = WebSocketControlPayload(payload)
    }
  }
}
