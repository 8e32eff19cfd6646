import PilotTransport
import PilotWSS
import PilotWire

/// Looks hosts up, each family by itself, so that it shows which of them has no answer.
enum NameInquiry {
  /// How long a name server may be silent.
  private static let patience = Duration.seconds(5)

  static func run(_ hosts: [String]) async throws(TransportError) -> [NameFacts] {
    var facts: [NameFacts] = []
    for host in hosts where !facts.contains(where: { $0.host == host }) { facts.append(try await look(up: host)) }
    return facts
  }

  private static func look(up host: String) async throws(TransportError) -> NameFacts {
    if let address = try? Endpoint(address: host, port: 0) {
      let answer = NameFacts.Answer(addresses: [address])
      return NameFacts(
        host: host, ipv4: address.isIPv4 ? answer : .init(), ipv6: address.isIPv4 ? .init() : answer, isLiteral: true)
    }
    async let ipv4 = answer(host, .ipv4)
    async let ipv6 = answer(host, .ipv6)
    let facts = await NameFacts(host: host, ipv4: ipv4, ipv6: ipv6)
    if Task.isCancelled { throw .cancelled }
    return facts
  }

  private static func answer(_ host: String, _ family: AddressFamily) async -> NameFacts.Answer {
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
