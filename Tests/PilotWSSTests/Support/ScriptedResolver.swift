import PilotTesting
import PilotTransport
import PilotWire

@testable import PilotWSS

/// A name server that answers as it is told.
final class ScriptedResolver: HostResolver {
  /// What was asked, by name and family.
  let asked = Watched<[(String, AddressFamily)]>([])
  private let ipv6: [String]?
  private let ipv4: [String]?

  /// - Parameters:
  ///   - ipv6: The addresses; none for a name that has none, nil for an answer that never comes.
  ///   - ipv4: The same.
  init(ipv6: [String]?, ipv4: [String]?) {
    self.ipv6 = ipv6
    self.ipv4 = ipv4
  }

  func lookUp(_ host: String, _ family: AddressFamily, completion: @escaping HostResolver.Completion) {
    asked.update { $0.append((host, family)) }
    guard let addresses = family == .ipv4 ? ipv4 : ipv6 else { return }
    let found = addresses.compactMap { try? Endpoint(address: $0, port: 0) }
    completion(found.isEmpty ? .failure(ResolveFault(reason: "scripted: no such name")) : .success(found))
  }
}
