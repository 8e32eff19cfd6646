import PilotTransport
import Testing

@testable import PilotWSS

@Suite struct RefusedCredentialsTests {
  private let wrong: ProxyCredentials
  private let other: ProxyCredentials

  init() throws {
    wrong = try ProxyCredentials(user: "user", password: "wrong")
    other = try ProxyCredentials(user: "user", password: "other")
  }

  private static func at(_ minutes: Int) -> MonotonicInstant { .start.advanced(by: .seconds(minutes * 60)) }

  @Test func `each refusal of the same doubles the time, up to an hour`() {
    var refused = RefusedCredentials()
    var now = 0
    #expect(refused.remaining(for: wrong, at: Self.at(now)) == nil)
    for minutes in [10, 20, 40, 60, 60] {
      refused.refused(wrong, at: Self.at(now))
      #expect(refused.remaining(for: wrong, at: Self.at(now)) == .seconds(minutes * 60))
      #expect(refused.remaining(for: wrong, at: Self.at(now + minutes - 1)) == .seconds(60))
      now += minutes
      #expect(refused.remaining(for: wrong, at: Self.at(now)) == nil)
    }
  }

  @Test func `two attempts that have shown the same at once count as one`() {
    var refused = RefusedCredentials()
    refused.refused(wrong, at: Self.at(0))
    refused.refused(wrong, at: Self.at(1))
    #expect(refused.remaining(for: wrong, at: Self.at(1)) == .seconds(540))
  }

  @Test func `others may be shown at once, and begin with the first time when they are refused`() {
    var refused = RefusedCredentials()
    refused.refused(wrong, at: Self.at(0))
    refused.refused(wrong, at: Self.at(10))
    #expect(refused.remaining(for: other, at: Self.at(10)) == nil)
    refused.refused(other, at: Self.at(11))
    #expect(refused.remaining(for: other, at: Self.at(11)) == .seconds(600))
  }

  @Test func `a tunnel ends it`() {
    var refused = RefusedCredentials()
    refused.refused(wrong, at: Self.at(0))
    refused.accepted()
    #expect(refused.remaining(for: wrong, at: Self.at(1)) == nil)
    refused.refused(wrong, at: Self.at(2))
    #expect(refused.remaining(for: wrong, at: Self.at(2)) == .seconds(600))
  }
}
