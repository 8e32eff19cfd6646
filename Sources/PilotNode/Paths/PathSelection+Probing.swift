import PilotTransport

/// When probes are sent, and what their answers mean to all the paths.
extension PathSelection {
  /// After a missing answer the next probe follows so soon.
  private static let urgency: Duration = .milliseconds(100)
  /// Between two frames of the node to itself over UDP that isn't under load.
  private static let echoPause: Duration = .seconds(5)
  /// A change that comes so soon after another is part of it.
  private static let turmoil: Duration = .seconds(5)

  // MARK: Sending

  mutating func sendProbes() {
    for index in records.indices {
      guard let due = probeDue(records[index]), now >= due else { continue }
      let id = records[index].id
      records[index].spread = random
      records[index].isUrgent = false
      guard records[index].isDatagrams else {
        records[index].probing.sentNumbered(at: now)
        sendEcho(over: id)
        continue
      }
      records[index].probing.sent(at: now)
      put(.probe(id, length: probeLength))
      if id == current, records[index].isUp, isEchoDue(records[index]) {
        lastEcho = now
        sendEcho(over: id, length: receivedLength)
      }
    }
    if let attempt, now >= attempt.echoAt, records[attempt.path.index].isOpen, records[attempt.path.index].isDatagrams {
      self.attempt?.echoAt = now.advanced(by: Self.echoInterval)
      sendEcho(over: attempt.path, length: sentLength)
    }
    if let comparison, now >= comparison.echoAt {
      self.comparison?.echoAt = now.advanced(by: configuration.probing.busyInterval)
      if isUsable(comparison.other) { sendEcho(over: comparison.other, length: receivedLength) }
    }
  }

  /// Under load with each probe. Else now and then, as long as anybody uses the node: what answers may have forgotten it.
  private func isEchoDue(_ record: PathRecord) -> Bool {
    if isLoaded(record) { return true }
    return !isIdle && lastEcho.map { $0.duration(to: now) >= Self.echoPause } ?? true
  }

  /// Relays a frame to the node itself, and waits for it.
  mutating func sendEcho(over path: PathID, length: Int = 0) {
    guard isRead else { return }
    let record = records[path.index]
    // Over a connection it waits behind what was taken before it.
    let isPatient = !record.isDatagrams && !record.isChecked
    let wait = isPatient ? configuration.probing.longestWait : record.probing.wait
    let number = echoes.send(over: path, wait: wait, at: now)
    put(.echo(path, number: number, length: min(max(length, 32), configuration.probing.longestProbe)))
  }

  /// As long as the frames are that go out. 37 bytes would be taken for an announcement with a key.
  private var probeLength: Int {
    let length = min(max(sentLength, 16), configuration.probing.longestProbe)
    return length == 37 ? 38 : length
  }

  private func isLoaded(_ record: PathRecord) -> Bool { record.load.rate >= Double(configuration.probing.load) }

  // MARK: Pace

  /// When the next probe of a path is due; nil if it isn't probed.
  private func probeDue(_ record: PathRecord) -> MonotonicInstant? {
    guard isRead, let interval = interval(record) else { return nil }
    guard let last = record.probing.lastSent else { return .start }
    return last.advanced(by: record.isUrgent ? min(interval, Self.urgency) : interval)
  }

  private func interval(_ record: PathRecord) -> Duration? {
    let times = configuration.probing
    guard record.isDatagrams else {
      // In use, and only where frames of the node to itself have come back before.
      guard record.id == current, record.isUp, record.probing.roundTrip.smoothed != nil, !isIdle else { return nil }
      return times.interval
    }
    let isPressing = (record.probing.misses > 0 || record.isWarned(at: now)) && record.fault == nil
    if carriage.includes(record.id) || record.id == current {
      if record.fault != nil { return times.interval }
      if isPressing || isOpening || comparison != nil || isLoaded(record) || record.probation != nil {
        return times.busyInterval
      }
      return isIdle ? times.idleInterval : times.interval
    }
    guard let current else { return isOpening ? times.busyInterval : times.interval }
    guard isUsable(current) else { return times.interval }
    let isPreferred = isPreferred(record.id, to: current)
    if record.id == attempt?.path || (isOpening && isPreferred) { return times.busyInterval }
    if record.isOpen {
      return isPressing || records[current.index].probing.misses > 0 ? times.busyInterval : times.idleInterval
    }
    let spread = 1 - 0.1 * record.spread
    if isPreferred {
      let policy = configuration.returning
      return record.probing.answers > 0 ? policy.span / max(policy.answers - 1, 1) : times.awayInterval * spread
    }
    return configuration.preference == .roundTrip ? times.measuringInterval * spread : nil
  }

  /// Whether nobody has sent or got anything for long.
  private var isIdle: Bool {
    let last = records.compactMap(\.load.lastActive).max() ?? openedAt
    return last.duration(to: now) >= configuration.probing.idleAfter
  }

  // MARK: Answers

  /// A probe has been answered.
  ///
  /// - Parameter missed: How many answers were missing before.
  mutating func isAlive(_ path: PathID, after missed: Int) {
    let record = records[path.index]
    if missed >= configuration.probing.misses, path == current { endedOutage() }
    if missed > 0, path == current {
      falseAlarms = lastFalseAlarm.map { $0.duration(to: now) < .seconds(60) } ?? false ? falseAlarms + 1 : 1
      lastFalseAlarm = now
      if case .both(path, let second) = carriage { overlap = (second, now.advanced(by: configuration.overlap)) }
    }
    guard record.isOpen, let fault = record.fault, fault.isOver, fault != .down else { return }
    // The path that was left may have been the only one that was bad: once is not enough to take it again.
    guard path == current || record.probing.answers > 1 else { return }
    records[path.index].fault = nil
    if !record.isUp { records[path.index].announceAt = records[path.index].announceAt ?? now }
  }

  // MARK: Changes

  /// Nobody could have heard what is under way.
  mutating func forgetProbes() {
    for index in records.indices {
      records[index].probing.forget()
      records[index].isChecked = false
    }
    echoes.forget()
  }

  /// The network may be another one: each path has to show anew that it leads anywhere.
  mutating func reopen() {
    forgetProbes()
    (attempt, comparison, falseAlarms, lastFalseAlarm, outages) = (nil, nil, 0, nil, [])
    let isPart = openedAt.duration(to: now) < Self.turmoil && openedAt != now
    if !isPart { openedAt = now }
    for index in records.indices {
      let record = records[index]
      guard record.isDatagrams else {
        if record.isOpen { check(record) }
        continue
      }
      if !isPart { records[index].returning.reset() }
      records[index].probing.restart()
      records[index].probing.resetLoss()
      records[index].isUrgent = true
      if record.isOpen { put(.announce(record.id)) } else { records[index].fault = nil }
    }
  }

  /// Has a connection show that it is still there.
  private mutating func check(_ record: PathRecord) {
    // It waits for its next attempt, or has never brought a frame back.
    guard record.isUp, record.probing.roundTrip.smoothed != nil, isRead else { return redial(record.id) }
    records[record.id.index].isChecked = true
    sendEcho(over: record.id)
  }

  // MARK: Time

  /// When something is due next. What lies in the past has been looked after, but for probes, which only a tick sends.
  var nextDue: MonotonicInstant? {
    let probes =
      records.compactMap { probeDue($0) } + [attempt?.echoAt, comparison?.echoAt].compactMap(\.self)
    let other = times.filter { $0 > now }
    return (probes.map { max($0, now) } + other).min()
  }

  private var times: [MonotonicInstant] {
    var times = [openedAt.advanced(by: configuration.opening)]
    if current == nil { times.append(openedAt.advanced(by: headStart)) }
    if current != nil { times.append(lastTick.advanced(by: configuration.samplingInterval)) }
    times += [
      echoes.deadline, overlap?.until, comparisonEnd, attempt?.since.advanced(by: configuration.returning.limit),
    ]
    .compactMap(\.self)
    if comparison == nil { times.append(nextComparison) }
    if let current {
      times.append(max(openedAt, lastSwitch).advanced(by: configuration.opening))
      for record in records where record.id != current {
        times.append(record.returning.earliest(after: lastSwitch))
        if let end = exclusiveEnd(of: record.id, beside: current) { times.append(end) }
        if let since = record.upSince { times.append(since.advanced(by: configuration.returning.span)) }
      }
    }
    for record in records {
      times += [record.probation, record.announceAt, record.leavingUntil, record.warnedUntil].compactMap(\.self)
      if let deadline = record.probing.deadline { times.append(deadline) }
    }
    return times
  }
}
