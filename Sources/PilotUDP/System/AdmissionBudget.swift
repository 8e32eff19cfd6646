/// How often this machine is asked about an address: as often as a table has places at first, then a few times a second.
struct AdmissionBudget {
  /// A second.
  static let rate = 16
  private static let interval = Duration.seconds(1) / rate

  private var left = LocalAddressTable.capacity
  private var refilled: ContinuousClock.Instant?

  /// Whether once more is within the budget.
  mutating func take(at now: ContinuousClock.Instant) -> Bool {
    let since = refilled ?? now
    let earned = Int(min(max(since.duration(to: now) / Self.interval, 0), Double(LocalAddressTable.capacity)))
    left = min(left + earned, LocalAddressTable.capacity)
    refilled = left < LocalAddressTable.capacity ? since.advanced(by: Self.interval * earned) : now
    guard left > 0 else { return false }
    left -= 1
    return true
  }
}
