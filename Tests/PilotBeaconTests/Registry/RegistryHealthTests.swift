import PilotIdentity
import PilotTransport
import Testing

@testable import PilotBeacon

@Suite("What is said about a registry")
struct RegistryHealthTests {
  private let failure = KeyDirectoryError(code: .unavailable, message: "the registry gave no answer")

  private func at(_ seconds: Int) -> MonotonicInstant { MonotonicInstant.start.advanced(by: .seconds(seconds)) }

  @Test("The first failure is told with its reason, further ones once a minute")
  func failing() {
    var health = RegistryHealth()
    #expect(health.ended(nil, at: at(1)) == nil)
    #expect(health.ended(failure, at: at(2))?.text == "failing: the registry gave no answer")
    #expect(health.ended(failure, at: at(3)) == nil)
    #expect(health.ended(failure, at: at(61)) == nil)
    #expect(health.ended(failure, at: at(62))?.text == "failing: the registry gave no answer")
  }

  @Test("It is unheard for a minute after each silence, until it has answered once")
  func unheard() {
    let silence = KeyDirectoryError(lookup: TransportError(code: .timedOut, message: "the registry gave no answer"))
    var health = RegistryHealth()
    #expect(!health.isUnheard(at: at(1)), "nobody has asked")
    _ = health.ended(failure, at: at(1))
    #expect(!health.isUnheard(at: at(1)), "an answer that strangers can choose")
    _ = health.ended(silence, at: at(2))
    #expect(health.isUnheard(at: at(2)) && health.isUnheard(at: at(61)) && !health.isUnheard(at: at(62)))
    _ = health.ended(silence, at: at(70))
    #expect(health.isUnheard(at: at(70)))
    _ = health.ended(nil, at: at(71))
    #expect(!health.isUnheard(at: at(71)))
    _ = health.ended(silence, at: at(72))
    #expect(!health.isUnheard(at: at(72)), "what it has said stays in force")
  }

  @Test("The first answer after a failure is told, and whoever makes answers alternate makes no more lines")
  func answering() {
    var health = RegistryHealth()
    #expect(health.ended(failure, at: at(1)) != nil)
    #expect(health.ended(nil, at: at(2))?.text == "answering")
    for second in 3..<61 {
      #expect(health.ended(failure, at: at(second)) == nil)
      #expect(health.ended(nil, at: at(second)) == nil)
    }
    #expect(health.ended(failure, at: at(61)) != nil)
  }
}

extension RegistryHealth.News {
  /// In words, to compare.
  var text: String {
    switch self {
    case .failing(let error): "failing: \(error.message)"
    case .answering: "answering"
    }
  }
}
