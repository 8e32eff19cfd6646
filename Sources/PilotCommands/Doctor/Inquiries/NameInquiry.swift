import PilotTransport
import PilotWSS
import PilotWire

/// Looks hosts up, each family by itself, so that it shows which of them has no answer.
enum NameInquiry {
  /// How long a name server may be silent, where nothing stands in.
  private static let patience = Duration.seconds(5)

  /// Looks all of them up at the same time.
  ///
  /// - Parameter given: What stands in for the name server, as at a node.
  static func run(_ hosts: [String], given: StaticAddresses) async throws(TransportError) -> [NameFacts] {
    let hosts = hosts.reduce(into: [String]()) { all, host in if !all.contains(host) { all.append(host) } }
    let facts = await withTaskGroup(of: NameFacts.self) { group in
      for host in hosts { group.addTask { await look(up: host, given.addresses(of: host)) } }
      return await group.reduce(into: [String: NameFacts]()) { $0[$1.host] = $1 }
    }
    if Task.isCancelled { throw .cancelled }
    return hosts.compactMap { facts[$0] }
  }

  private static func look(up host: String, _ given: [Endpoint]) async -> NameFacts {
    if let address = try? Endpoint(address: host, port: 0) {
      let answer = NameFacts.Answer(addresses: [address])
      return NameFacts(
        host: host, ipv4: address.isIPv4 ? answer : .init(), ipv6: address.isIPv4 ? .init() : answer, isLiteral: true)
    }
    let patience = given.isEmpty ? patience : HostAddresses.patience
    async let ipv4 = answer(host, .ipv4, within: patience)
    async let ipv6 = answer(host, .ipv6, within: patience)
    return await NameFacts(host: host, ipv4: ipv4, ipv6: ipv6, given: given)
  }

  private static func answer(
    _ host: String, _ family: AddressFamily, within patience: Duration
  ) async -> NameFacts.Answer {
    let began = MonotonicInstant.now()
    var answer = NameFacts.Answer()
    switch await HostAddresses.lookUp(host, family, within: patience) {
    case .success(let addresses): answer.addresses = addresses
    case .failure(let fault): answer.reason = fault.reason
    }
    answer.elapsed = began.duration(to: .now())
    return answer
  }
}
