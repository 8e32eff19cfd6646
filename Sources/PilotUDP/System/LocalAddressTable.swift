internal import CPilotUDP
internal import PilotTransport
internal import PilotWire
internal import Synchronization

/// The addresses of this machine that datagrams were written to, by the numbers that stand for them: for one socket, or
/// for a group, since what was heard on one of its sockets is answered on another.
///
/// Entries never change and never go: somebody may have kept their numbers. An address that the machine loses stays in,
/// and the kernel then refuses it as a source.
///
/// A machine can own whole prefixes, and then a stranger chooses which of their addresses are written to. So addresses that
/// no interface has come in while half of the room is left; the other half is for those that an interface does have. Looking
/// that up costs system calls, so it happens ``AdmissionBudget/rate`` times a second at most.
///
/// Reading takes no lock. Unchecked Sendable because entries are written under the lock, each once, before `count` is
/// released, and read only below it.
@safe final class LocalAddressTable: @unchecked Sendable {
  /// As many as a byte can tell apart, beside "any".
  static let capacity = 255
  /// How many may be in before only those come in that an interface has.
  static let unassignedCapacity = 128

  /// What this machine says of an address.
  enum Standing: Sendable { case noSource, source, assigned }

  /// What becomes of an address that isn't in the table.
  enum Admission: Equatable {
    case admitted(LocalAddress)
    /// No datagram can leave from it, or too many were asked about just now.
    case refused
    /// There is no room for it.
    case full(isNews: Bool)
  }

  private struct State {
    var budget = AdmissionBudget()
    private var isKnownToBeFull = false

    mutating func full() -> Admission {
      defer { isKnownToBeFull = true }
      return .full(isNews: !isKnownToBeFull)
    }
  }

  private let family: CInt
  private let standing: @Sendable (_ address: cpilot_udp_local, _ looksForInterface: Bool) -> Standing
  /// The address with the number 1 is the first.
  private let addresses: UnsafeMutablePointer<cpilot_udp_local>
  private let sources: UnsafeMutablePointer<cpilot_udp_source>
  private let count = Atomic<Int>(0)
  private let state = Mutex(State())

  /// - Parameters:
  ///   - family: The sockets' family, a `cpilot_udp_family` constant.
  ///   - standing: What this machine says of an address; whether an interface has it is asked only where that matters.
  init(
    family: CInt,
    standing: @escaping @Sendable (cpilot_udp_local, Bool) -> Standing = LocalAddressTable.ask
  ) {
    self.family = family
    self.standing = standing
    unsafe addresses = .allocate(capacity: Self.capacity)
    unsafe sources = .allocate(capacity: Self.capacity)
  }

  deinit {
    unsafe addresses.deallocate()
    unsafe sources.deallocate()
  }

  /// The number of an address, or nil if it isn't in the table.
  func find(_ address: cpilot_udp_local) -> LocalAddress? {
    let count = count.load(ordering: .acquiring)
    for index in 0..<count where unsafe addresses[index] == address {
      return LocalAddress(index: UInt8(truncatingIfNeeded: index + 1))
    }
    return nil
  }

  /// Takes an address in that ``find(_:)`` didn't find.
  func admit(_ address: cpilot_udp_local, at now: ContinuousClock.Instant) -> Admission {
    state.withLock { state in
      if let known = find(address) { return .admitted(known) }
      let index = count.load(ordering: .relaxed)
      guard index < Self.capacity else { return state.full() }
      guard state.budget.take(at: now) else { return .refused }
      let looksForInterface = index >= Self.unassignedCapacity
      switch standing(address, looksForInterface) {
      case .noSource: return .refused
      case .source where looksForInterface: return state.full()
      case .source, .assigned: break
      }
      return .admitted(append(address, at: index))
    }
  }

  /// Takes addresses in that another table has, behind those that are in: the numbers are the same then. Only before anybody
  /// admits one here.
  func adopt(_ more: [Endpoint]) {
    state.withLock { _ in
      for endpoint in more {
        let index = count.load(ordering: .relaxed)
        guard index < Self.capacity else { return }
        _ = append(cpilot_udp_local(high: endpoint.high, low: endpoint.low, interface: endpoint.scope), at: index)
      }
    }
  }

  /// All of them, in the order of their numbers, at port 0.
  var all: [Endpoint] {
    (0..<count.load(ordering: .acquiring)).compactMap {
      address(of: LocalAddress(index: UInt8(truncatingIfNeeded: $0 + 1)))
    }
  }

  /// Under the lock, and within the capacity.
  private func append(_ address: cpilot_udp_local, at index: Int) -> LocalAddress {
    // SAFETY: index is within both, and nobody reads there before the count is stored.
    unsafe (addresses + index).initialize(to: address)
    unsafe withUnsafePointer(to: address) { address in
      // SAFETY: the function reads the address and initializes the source.
      unsafe cpilot_udp_make_source(sources + index, address, family)
    }
    count.store(index + 1, ordering: .releasing)
    return LocalAddress(index: UInt8(truncatingIfNeeded: index + 1))
  }

  /// The address behind a number, with the port that the sockets share; nil if it isn't in the table.
  func endpoint(of local: LocalAddress, port: UInt16) -> Endpoint? {
    let index = Int(local.index) - 1
    guard index >= 0, index < count.load(ordering: .acquiring) else { return nil }
    let address = unsafe addresses[index]
    return Endpoint(high: address.high, low: address.low, scope: address.interface, port: port)
  }

  /// What lets a datagram leave from an address, or nil to leave the choice to the kernel. Valid as long as the table lives.
  @inline(__always)
  func source(of local: LocalAddress) -> UnsafePointer<cpilot_udp_source>? {
    let index = Int(local.index) - 1
    guard index >= 0, index < count.load(ordering: .acquiring) else { return nil }
    return unsafe UnsafePointer(sources + index)
  }

  /// The address that a number stands for, at port 0; nil for `.any` and for numbers of other tables.
  func address(of local: LocalAddress) -> Endpoint? {
    let index = Int(local.index) - 1
    guard index >= 0, index < count.load(ordering: .acquiring) else { return nil }
    // SAFETY: index is below the count, and what lies there doesn't change any more.
    let address = unsafe addresses[index]
    return Endpoint(high: address.high, low: address.low, scope: address.interface, port: 0)
  }

  /// Asks this machine.
  @Sendable static func ask(_ address: cpilot_udp_local, looksForInterface: Bool) -> Standing {
    var address = address
    // SAFETY: both functions read the address during the call.
    guard unsafe cpilot_udp_can_be_source(&address) else { return .noSource }
    return unsafe looksForInterface && cpilot_udp_is_assigned(&address) ? .assigned : .source
  }
}

extension cpilot_udp_local {
  @inline(__always)
  static func == (left: Self, right: Self) -> Bool {
    left.low == right.low && left.high == right.high && left.interface == right.interface
  }
}
