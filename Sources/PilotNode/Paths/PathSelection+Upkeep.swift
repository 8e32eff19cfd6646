import PilotTransport

/// Which links run.
extension PathSelection {
  mutating func keep() {
    for index in records.indices {
      let isWanted = isWanted(records[index])
      guard isWanted != records[index].isOpen else { continue }
      if isWanted { open(index) } else { rest(index) }
    }
    for index in records.indices {
      guard let due = records[index].announceAt, now >= due else { continue }
      records[index].announceAt = nil
      guard records[index].isOpen else { continue }
      put(.announce(records[index].id))
      if records[index].probation != nil { records[index].announceAt = now.advanced(by: .seconds(1)) }
    }
  }

  private mutating func open(_ index: Int) {
    records[index].isOpen = true
    if records[index].isDatagrams { records[index].probing.forget() }
    put(.open(records[index].id))
  }

  private mutating func rest(_ index: Int) {
    let record = records[index]
    records[index].rest()
    records[index].announceAt = nil
    echoes.forget(record.id)
    put(.rest(record.id))
    guard !record.isDatagrams, !record.allowsBoth, let announced = record.announced,
      let partner = partner(of: record.id)
    else { return }
    // What UDP has announced meanwhile was not heard.
    let due = announced.advanced(by: Self.deafness)
    if now < due, records[partner.index].isOpen { records[partner.index].announceAt = due }
  }

  /// A connection is given up as it is.
  mutating func redial(_ path: PathID) {
    records[path.index].down()
    records[path.index].probing.forget()
    echoes.forget(path)
    put(.redial(path))
  }

  private func isWanted(_ record: PathRecord) -> Bool {
    let id = record.id
    if id == current || carriage.includes(id) || id == overlap?.path || id == attempt?.path || id == comparison?.other {
      return true
    }
    guard let current else { return isWantedAtFirst(record) }
    // Nothing carries frames: whatever does first is taken.
    guard isUsable(current) else { return true }
    if id == doubtAlternative(to: current) || isStandby(record, of: current) { return true }
    if isRefuge(record, from: current) { return true }
    if isGoing(id) { return false }
    guard isPreferred(id, to: current) else { return false }
    if record.isDatagrams { return isOpening && record.isOpen }
    // A preferred beacon's connection shows only by being made that it can be.
    return record.path.beacon != records[current.index].path.beacon
      && now >= record.returning.earliest(after: lastSwitch)
      && partner(of: id).map { records[$0.index].isSilent } ?? true
  }

  private func isWantedAtFirst(_ record: PathRecord) -> Bool {
    guard record.path.beacon == order.first.map({ records[$0.index].path.beacon }) else { return !isOpening }
    if record.isDatagrams || partner(of: record.id) == nil { return true }
    return now >= openedAt.advanced(by: headStart)
  }

  var headStart: Duration {
    switch verdict {
    case nil: configuration.headStart
    case .datagramsWork: configuration.trustedHeadStart
    case .datagramsBlocked: .zero
    }
  }

  /// The path that is made ready because the active one is in doubt.
  private func doubtAlternative(to current: PathID) -> PathID? {
    let misses = records[current.index].probing.misses
    guard misses > 0, let other = alternative(to: current) else { return nil }
    return misses >= dialAfter || records[other.index].isOpen ? other : nil
  }

  /// Whether the path leads to the beacon that is made ready because the active one's is, or may be, about to end.
  private func isRefuge(_ record: PathRecord, from current: PathID) -> Bool {
    let active = records[current.index]
    guard isGoing(current) || active.isWarned(at: now) else { return false }
    let refuge = order.first { records[$0.index].path.beacon != active.path.beacon && !isGoing($0) }
    return refuge.map { records[$0.index].path.beacon } == record.path.beacon
  }

  /// How many missing answers are a doubt: where one is lost now and then, two.
  private var dialAfter: Int {
    guard let last = lastFalseAlarm, last.duration(to: now) < .seconds(60), falseAlarms > 1 else { return 1 }
    return 2
  }

  private func isStandby(_ record: PathRecord, of current: PathID) -> Bool {
    guard configuration.keepsStandby else { return false }
    let active = records[current.index].path.beacon
    guard let beacon = order.lazy.map({ self.records[$0.index].path.beacon }).first(where: { $0 != active }),
      record.path.beacon == beacon
    else { return false }
    guard !record.isDatagrams, let partner = partner(of: record.id) else { return true }
    let settledAt = max(openedAt, lastSwitch).advanced(by: configuration.opening)
    return !isUsable(partner) && now >= settledAt
  }
}
