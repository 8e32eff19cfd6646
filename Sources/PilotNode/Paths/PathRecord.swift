import PilotTransport

/// What ``PathSelection`` knows of one path.
struct PathRecord: Sendable {
  let id: PathID
  let path: PathSelection.Path
  /// Whether its link runs.
  var isOpen = false
  /// Whether its link is ready.
  private(set) var upSince: MonotonicInstant?
  /// Why it isn't to be used, though it may be up.
  var fault: PathSwitch.Reason?
  /// Until when its beacon doesn't want the node, as it has said over a connection that is its own.
  var leavingUntil: MonotonicInstant?
  /// The same, as somebody has said who may be anyone that can forge its address.
  var warnedUntil: MonotonicInstant?
  /// Until when a path that is taken again may carry frames before its link is ready.
  var probation: MonotonicInstant?
  var probing: PathProbing
  var returning: ReturnPolicy
  /// Over WSS: whether the beacon takes frames over UDP beside it.
  var allowsBoth = false
  /// Over WSS: when the node announced itself last.
  var announced: MonotonicInstant?
  /// Over UDP: when the link is to announce itself out of its turn.
  var announceAt: MonotonicInstant?
  private(set) var load = PathLoad()
  /// Shortens the time to the next probe, 0..<1.
  var spread = 0.0
  /// Whether the next probe is due at once.
  var isUrgent = false
  /// Over WSS: whether the connection is given up if the next frame of the node to itself doesn't come back.
  var isChecked = false

  init(_ id: PathID, _ path: PathSelection.Path, _ configuration: PathSelection.Configuration) {
    self.id = id
    self.path = path
    probing = PathProbing(configuration.probing, configuration.loss)
    returning = ReturnPolicy(configuration.returning)
  }

  var isDatagrams: Bool { path.kind == .datagrams }
  var isUp: Bool { upSince != nil }

  /// Whether it answers nothing, and wasn't left because it is bad.
  var isSilent: Bool { isDatagrams && probing.answers == 0 && fault?.isLossy != true }

  /// Whether frames can be given to it.
  func isUsable(at now: MonotonicInstant) -> Bool {
    isOpen && fault == nil && (isUp || probation.map { now < $0 } ?? false)
  }

  func isLeaving(at now: MonotonicInstant) -> Bool { leavingUntil.map { now < $0 } ?? false }

  func isWarned(at now: MonotonicInstant) -> Bool { warnedUntil.map { now < $0 } ?? false }

  mutating func up(at now: MonotonicInstant) {
    upSince = upSince ?? now
    probation = nil
  }

  mutating func down() { upSince = nil }

  /// Its link rests.
  mutating func rest() {
    isOpen = false
    upSince = nil
    probation = nil
    isChecked = false
    if !isDatagrams { fault = nil }
  }

  mutating func count(_ traffic: PathTraffic, at now: MonotonicInstant) { load.count(traffic, at: now) }
}

/// How much goes over a path.
struct PathLoad: Sendable {
  private var last = PathTraffic()
  private var since: MonotonicInstant?
  /// When a frame went over it last, as far as that is known.
  private(set) var lastActive: MonotonicInstant?
  /// When a frame has come over it last, likewise.
  private(set) var lastReceived: MonotonicInstant?
  /// Frames a second of late, both ways together.
  private(set) var rate = 0.0
  /// How long the frames were of late, in bytes; nil before the first.
  private(set) var sentLength: Int?
  /// See ``sentLength``.
  private(set) var receivedLength: Int?
  /// How many frames came, a second of late.
  private(set) var receivedRate = 0.0

  /// Less than this says little about a rate.
  private static let shortest: Duration = .milliseconds(200)

  mutating func count(_ traffic: PathTraffic, at now: MonotonicInstant) {
    guard let since else { return begin(traffic, at: now) }
    let time = since.duration(to: now)
    guard time >= Self.shortest else { return }
    let sent = traffic.framesSent &- last.framesSent
    let received = traffic.framesReceived &- last.framesReceived
    let seconds = time / .seconds(1)
    rate = Double(sent) / seconds + Double(received) / seconds
    receivedRate = Double(received) / seconds
    if sent > 0 {
      sentLength = max(Int(clamping: (traffic.bytesSent &- last.bytesSent) / sent), traffic.longestSent)
    }
    if received > 0 { receivedLength = Int(clamping: (traffic.bytesReceived &- last.bytesReceived) / received) }
    if sent > 0 || received > 0 { lastActive = now }
    if received > 0 { lastReceived = now }
    (last, self.since) = (traffic, now)
  }

  private mutating func begin(_ traffic: PathTraffic, at now: MonotonicInstant) {
    (last, since) = (traffic, now)
    if traffic.framesSent > 0 || traffic.framesReceived > 0 { lastActive = now }
  }
}
