import PilotTransport
import Synchronization

/// Where inquiries put down what they find, from any thread, and one task waits for what it is to tell.
final class FactBoard: Sendable {
  private let state: Mutex<DoctorFacts>
  private let news = Alarm()

  init(_ facts: DoctorFacts) { state = Mutex(facts) }

  /// What is there now.
  var facts: DoctorFacts { state.withLock { $0 } }

  func update(_ change: (inout DoctorFacts) -> Void) {
    state.withLock { change(&$0) }
    news.ring()
  }

  /// Waits until what a check is about is known. One task at a time.
  ///
  /// - Throws: `.cancelled`.
  func facts(knowing check: DoctorCheck) async throws(TransportError) -> DoctorFacts {
    while true {
      let facts = facts
      if facts.isKnown(check) { return facts }
      await news.wait(until: nil)
      if Task.isCancelled { throw .cancelled }
    }
  }
}
