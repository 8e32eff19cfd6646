import PilotTransport
import PilotWire
import Synchronization

/// How the services are, for the threads that find out, and whoever is told.
final class ServiceHealthBook: Sendable {
  private let rules: [ServeRule]
  private let output: ForwardOutput
  private let health: Mutex<[ServiceHealth]>
  /// Whether any is down: answers need not look further otherwise.
  private let isAnyDown = Atomic<Bool>(false)

  init(_ rules: [ServeRule], output: ForwardOutput) {
    (self.rules, self.output) = (rules, output)
    health = Mutex(Array(repeating: ServiceHealth(), count: rules.count))
  }

  /// Datagrams that were refused, as far as that is known.
  var refusedCount: UInt64 { health.withLock { $0.reduce(0) { $0 + $1.refused } } }

  /// A service has refused a datagram, or can't be found or sent to.
  func refuse(_ rule: Int, _ fault: ServiceFault) {
    let now = MonotonicInstant.now()
    let change = health.withLock { $0[rule].refuse(fault.words, at: now) }
    if case .down(let reason)? = change {
      isAnyDown.store(true, ordering: .relaxed)
      output.write(.service(rules[rule], at: fault.address, fault: reason))
    }
  }

  /// A service has answered from this address.
  func answer(_ rule: Int, from address: Endpoint) {
    guard isAnyDown.load(ordering: .relaxed) else { return }
    let now = MonotonicInstant.now()
    let change = health.withLock { health in
      let change = health[rule].answer(at: now)
      isAnyDown.store(health.contains { $0.isDown }, ordering: .relaxed)
      return change
    }
    if change == .up { output.write(.service(rules[rule], at: address, fault: nil)) }
  }
}
