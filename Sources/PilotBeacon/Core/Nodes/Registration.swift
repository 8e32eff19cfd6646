internal import PilotTransport
internal import PilotWire

/// Where a node is over UDP, as far as the beacon knows: 56 bytes.
///
/// Times are nanoseconds of the driver's monotonic clock.
struct Registration: Equatable, Sendable, BitwiseCopyable {
  struct Flags: OptionSet, Sendable, BitwiseCopyable {
    let rawValue: UInt8

    /// It said DiscoverEx: it gets RelayDeliverDest.
    static let wantsDestination = Flags(rawValue: 1)
    /// It has signed a challenge that was sent to this endpoint.
    static let proven = Flags(rawValue: 2)
    /// It was elsewhere before, and moved here without a proof.
    static let moved = Flags(rawValue: 4)
    /// Whoever receives at this endpoint has answered what was sent there: by a proof, or by a sign of life that the beacon
    /// had asked for. A sign is four known bytes: who forges the node's source address, and guesses when, can forge it.
    static let answered = Flags(rawValue: 8)
    /// Its node's key is known.
    static let listed = Flags(rawValue: 16)

    static let all: Flags = [.wantsDestination, .proven, .moved, .answered, .listed]
  }

  /// The source address of the Discover.
  let endpoint: Endpoint
  var flags: Flags
  /// Which of this machine's addresses that Discover was written to: where what it gets leaves from.
  var local: LocalAddress
  /// Since when it is registered at this endpoint.
  let since: UInt64
  /// When something last came from there: a Discover or a Relay.
  var heardAt: UInt64
  /// When it ends, without another Discover.
  var expiresAt: UInt64
  /// How many bytes of others' frames it may still be sent without having answered.
  private(set) var credit: UInt32 = 0
  /// Where what it sends is counted; a proof changes that.
  var bucket = SourceBuckets.Handle.none

  init(at endpoint: Endpoint, local: LocalAddress, flags: Flags, now: UInt64, lifetime: UInt64) {
    self.endpoint = endpoint
    // Nobody else has this machine's own address as his source.
    self.flags = endpoint.isThisMachine ? flags.union(.answered) : flags
    self.local = local
    since = now
    heardAt = now
    expiresAt = now.addingClamped(lifetime)
  }

  /// As it was known elsewhere, where what it sends is counted left out.
  init(
    at endpoint: Endpoint, local: LocalAddress, flags: Flags, since: UInt64, heardAt: UInt64, expiresAt: UInt64,
    credit: UInt32
  ) {
    self.endpoint = endpoint
    self.flags = flags
    self.local = local
    self.since = since
    self.heardAt = heardAt
    self.expiresAt = expiresAt
    self.credit = credit
  }

  func isLive(at now: UInt64) -> Bool { now < expiresAt }

  var isProven: Bool { flags.contains(.proven) }

  var hasAnswered: Bool { flags.contains(.answered) }

  var wantsDestination: Bool { flags.contains(.wantsDestination) }

  /// The same registration at another port, from now on; it ends when it would have.
  func moved(to endpoint: Endpoint, local: LocalAddress, at now: UInt64) -> Registration {
    let flags = flags.subtracting(.answered).union(.moved)
    var moved = Registration(at: endpoint, local: local, flags: flags, now: now, lifetime: 0)
    moved.expiresAt = expiresAt
    moved.credit = credit
    return moved
  }

  /// Notes whether its node's key is known.
  mutating func setListed(_ isListed: Bool) {
    if isListed { flags.insert(.listed) } else { flags.remove(.listed) }
  }

  /// Gives it credit, as far as there is any without end.
  mutating func earn(_ bytes: UInt32) {
    let (sum, overflow) = credit.addingReportingOverflow(bytes)
    credit = overflow ? .max : sum
  }

  /// Takes credit for a frame. Whether there was enough; if not, nothing has changed.
  mutating func spend(_ bytes: UInt32) -> Bool {
    guard credit >= bytes else { return false }
    credit -= bytes
    return true
  }

  /// Another Discover from there.
  mutating func refresh(local: LocalAddress, wantsDestination: Bool, now: UInt64, lifetime: UInt64) {
    if wantsDestination { flags.insert(.wantsDestination) } else { flags.remove(.wantsDestination) }
    self.local = local
    heardAt = max(heardAt, now)
    expiresAt = max(expiresAt, now.addingClamped(lifetime))
  }
}
