import PilotWire

/// What is known of a host's addresses while its two families are being looked up, and what stands in where the name server
/// fails: addresses that somebody has given for the host.
///
/// They count where no family gives an address, be it that both have failed or that nothing has come for a while; never beside
/// what the name server says, which may have changed since they were written down.
struct HostSearch: Sendable {
  private enum Finding: Sendable {
    case pending
    case found([Endpoint])
    case failed(ResolveFault)
  }

  private let fallback: [Endpoint]
  private var ipv6 = Finding.pending
  private var ipv4 = Finding.pending
  private var isLate = false

  /// - Parameter fallback: The host's addresses as they were given, of both families.
  init(fallback: [Endpoint] = []) {
    self.fallback = fallback
  }

  /// The lookup of a family has ended. An empty list is no answer.
  mutating func answered(_ family: AddressFamily, _ answer: Result<[Endpoint], ResolveFault>) {
    let finding: Finding =
      switch answer {
      case .success(let addresses) where !addresses.isEmpty: .found(addresses)
      case .success: .failed(ResolveFault(reason: "no address"))
      case .failure(let fault): .failed(fault)
      }
    switch family {
    case .ipv6: ipv6 = finding
    case .ipv4: ipv4 = finding
    }
  }

  /// The name server has been silent for so long that what was given counts.
  mutating func becomeLate() { isLate = true }

  /// A family's addresses, or why there are none; nil while that isn't known.
  func outcome(of family: AddressFamily) -> Result<[Endpoint], ResolveFault>? {
    switch (finding(family), finding(family.other)) {
    case (.found(let addresses), _): .success(addresses)
    case (.failed(let fault), .found): .failure(fault)
    case (.failed(let fault), .failed): fallback.isEmpty ? .failure(fault) : .success(standIns(family))
    case (.pending, .found): nil
    case (.failed, .pending), (.pending, .failed), (.pending, .pending):
      isLate && !fallback.isEmpty ? .success(standIns(family)) : nil
    }
  }

  /// Whether any address is known.
  var hasAddresses: Bool {
    AddressFamily.allCases.contains { family in
      if case .success(let addresses)? = outcome(of: family) { return !addresses.isEmpty }
      return false
    }
  }

  /// Whether there is nothing left to wait for.
  var isComplete: Bool { AddressFamily.allCases.allSatisfy { outcome(of: $0) != nil } }

  /// All addresses so far, the families by turns (RFC 8305, section 4), IPv6 first.
  var addresses: [Endpoint] {
    let (ipv6, ipv4) = (known(.ipv6), known(.ipv4))
    return (0..<max(ipv6.count, ipv4.count)).flatMap { ipv6.dropFirst($0).prefix(1) + ipv4.dropFirst($0).prefix(1) }
  }

  /// Why no family has an address: in the words about IPv4, which every name server is asked for.
  var fault: ResolveFault? {
    if case .failed(let fault) = ipv4 { return fault }
    if case .failed(let fault) = ipv6 { return fault }
    return nil
  }

  private func known(_ family: AddressFamily) -> [Endpoint] {
    if case .success(let addresses)? = outcome(of: family) { return addresses }
    return []
  }

  private func standIns(_ family: AddressFamily) -> [Endpoint] {
    fallback.filter { $0.isIPv4 == (family == .ipv4) }
  }

  private func finding(_ family: AddressFamily) -> Finding { family == .ipv4 ? ipv4 : ipv6 }
}
