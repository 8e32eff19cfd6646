import PilotTransport
import PilotWSS
import PilotWire

/// Looks the services' names up, and again from time to time: a name may lead elsewhere by then.
struct ServiceAddresses: Sendable {
  /// How long an address is taken to be right.
  static let lifetime: Duration = .seconds(30)
  /// How long to wait after a name that could not be resolved.
  static let pause: Duration = .seconds(2)

  let rule: ServeRule
  /// Gets each answer: the addresses, one at least and the one that is preferred first, or why there is none.
  let tell: @Sendable (Result<[Endpoint], TransportError>) -> Void

  /// Goes on until the task is cancelled; an address that needs no lookup is told once.
  func run() async {
    if let endpoint = try? Endpoint(address: rule.host, port: rule.servicePort) { return tell(.success([endpoint])) }
    while !Task.isCancelled {
      let answer: Result<[Endpoint], TransportError>
      do throws(TransportError) {
        answer = .success(try await HostAddresses.resolve(rule.host, port: rule.servicePort))
      } catch {
        if error.code == .cancelled { return }
        answer = .failure(error)
      }
      tell(answer)
      let pause = if case .success = answer { Self.lifetime } else { Self.pause }
      try? await Task.sleep(for: pause)
    }
  }
}
