import PilotTransport

/// What follows from all that is known: looked at as a whole after each event, for that is rarely more than a few times a second.
extension PathSelection {
  mutating func settle() {
    expire()
    judge()
    compare()
    choose()
    pursue()
    carry()
    keep()
    for change in switches { put(.switched(change)) }
    switches = []
    remember()
  }

  // MARK: Order

  /// The paths, the preferred one first: by beacon, and to each UDP before WSS.
  var order: [PathID] {
    records.sorted { left, right in
      let (first, second) = (choice.rank(left.path.beacon), choice.rank(right.path.beacon))
      return first == second ? left.isDatagrams && !right.isDatagrams : first < second
    }.map(\.id)
  }

  func isUsable(_ path: PathID) -> Bool { records[path.index].isUsable(at: now) }

  /// The other path to a path's beacon.
  func partner(of path: PathID) -> PathID? {
    records.first { $0.id != path && $0.path.beacon == records[path.index].path.beacon }?.id
  }

  /// Whether a path is to be taken instead of another one as soon as it works.
  func isPreferred(_ path: PathID, to other: PathID) -> Bool {
    let order = order
    guard let first = order.firstIndex(of: path), let second = order.firstIndex(of: other) else { return false }
    return first < second
  }

  /// What frames go over when a path is in doubt: the other one to its beacon, or the next beacon's.
  /// Where UDP to the one brings nothing, it hardly does to the next one: its connection comes first then.
  func alternative(to path: PathID) -> PathID? {
    let (others, partner) = (order.filter { $0 != path }, partner(of: path))
    let isWithoutUDP = !records[path.index].isDatagrams && partner.map { records[$0.index].isSilent } ?? true
    if isWithoutUDP, let connection = others.first(where: { !records[$0.index].isDatagrams }) { return connection }
    return partner ?? others.first
  }

  /// Whether UDP is taken without more ado when it answers.
  var isOpening: Bool { now < openedAt.advanced(by: configuration.opening) }

  // MARK: Verdicts

  private mutating func expire() {
    for index in records.indices where records[index].isDatagrams {
      let missed = records[index].probing.expire(at: now)
      if missed > 0, carriage.includes(records[index].id) { records[index].isUrgent = true }
    }
    for echo in echoes.expire(at: now) {
      if attempt?.path != echo.path { unheard(echo) }
      guard records[echo.path.index].isChecked else { continue }
      records[echo.path.index].isChecked = false
      redial(echo.path)
    }
  }

  /// A frame to the node itself hasn't come back over a path that answers: the beacon may have forgotten the node. A connection over
  /// which nothing else has come since may lead nowhere any more.
  private mutating func unheard(_ echo: EchoLedger.Echo) {
    let path = echo.path
    guard records[path.index].isDatagrams else {
      let heardAt = records[path.index].load.lastReceived
      let isSilent = heardAt.map { $0 < echo.sentAt } ?? true
      guard isSilent, path == current else { return records[path.index].probing.unheard() }
      return records[path.index].probing.missed(askedAt: echo.sentAt)
    }
    records[path.index].probing.unheard()
    let record = records[path.index]
    guard path == current, record.isDatagrams, record.isUp, record.probing.misses == 0, record.announceAt == nil else {
      return
    }
    records[path.index].announceAt = now
  }

  private mutating func judge() {
    for index in records.indices where records[index].isOpen && records[index].fault == nil {
      let record = records[index]
      if record.probing.isLost(at: now) {
        records[index].fault = record.probing.reports > 0 ? .reported : .unanswered
        if !record.isDatagrams { redial(record.id) }
      } else if !record.isUp, let probation = record.probation, now >= probation {
        records[index].probation = nil
        records[index].fault = .down
      }
    }
  }

  // MARK: The active path

  private mutating func choose() {
    if configuration.preference == .roundTrip { measure() }
    let usable = order.filter { isUsable($0) }
    guard let current else {
      if let first = usable.first { move(to: first, .first) }
      return
    }
    let active = records[current.index]
    guard isUsable(current) else {
      if let best = usable.first { move(to: best, active.fault ?? .down) }
      return
    }
    if isGoing(current), let other = usable.first(where: { !isGoing($0) }) { return move(to: other, .draining) }
    // Its beacon drops what comes over UDP while there is a connection.
    if active.isDatagrams, let partner = partner(of: current), isUsable(partner), !records[partner.index].allowsBoth {
      move(to: partner, .exclusive)
    }
  }

  /// Whether a path leads to a beacon that is about to end, or full.
  func isGoing(_ path: PathID) -> Bool {
    let beacon = records[path.index].path.beacon
    return records.contains { $0.path.beacon == beacon && $0.isLeaving(at: now) }
  }

  private mutating func measure() {
    let count = (records.map(\.path.beacon).max() ?? 0) + 1
    var roundTrips = [Duration?](repeating: nil, count: count)
    for record in records where record.isDatagrams {
      roundTrips[record.path.beacon] = record.probing.roundTrip.smoothed
    }
    choice.measured(roundTrips)
  }

  mutating func move(to path: PathID, _ reason: PathSwitch.Reason) {
    switches.append(PathSwitch(from: current, to: path, reason: reason))
    let isByChoice = !(reason.isOver || reason == .first || reason == .exclusive)
    overlap = nil
    if let from = current {
      let isPair = records[from.index].path.beacon == records[path.index].path.beacon
      let isShared = !isPair || records[from.index].allowsBoth || records[path.index].allowsBoth
      if isByChoice, isShared, isUsable(from) { overlap = (from, now.advanced(by: configuration.overlap)) }
      let hasFailed = !isPreferred(path, to: from)
      records[from.index].returning.left(failing: hasFailed, at: now)
      if records[from.index].isDatagrams { records[from.index].probing.restart() }
      if reason.isLossy { records[from.index].fault = reason }
      if !isPair { choice.settled(on: records[path.index].path.beacon) }
    }
    current = path
    lastSwitch = now
    sentAwayAt = reason == .draining ? now : nil
    (attempt, comparison) = (nil, nil)
    outages = []
    records[path.index].probing.resetLoss()
  }

  // MARK: What carries

  private mutating func carry() {
    let next: Carriage
    if let current {
      next = second(beside: current).map { .both(current, $0) } ?? .one(current)
    } else {
      next = .none
    }
    guard next != carriage else { return }
    carriage = next
    put(.carry(next))
  }

  private mutating func second(beside current: PathID) -> PathID? {
    if let path = overlap?.path, !records[path.index].isOpen { overlap = nil }
    if let until = overlap?.until, now >= until { overlap = nil }
    guard isUsable(current) else { return nil }
    let isInDoubt = records[current.index].probing.misses > 0 || comparison != nil
    if isInDoubt, let other = order.first(where: { $0 != current && isUsable($0) }) { return other }
    return overlap?.path
  }

  // MARK: Memory

  private mutating func remember() {
    guard let current, isUsable(current), records[current.index].isUp else { return }
    let found: NetworkVerdict
    if records[current.index].isDatagrams {
      found = .datagramsWork
    } else {
      guard !isOpening, let partner = partner(of: current), records[partner.index].isSilent else { return }
      found = .datagramsBlocked
    }
    guard found != verdict else { return }
    verdict = found
    put(.remember(found))
  }
}
