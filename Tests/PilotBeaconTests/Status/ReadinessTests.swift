import PilotTransport
import Testing

@testable import PilotBeacon

/// What `/ready` says.
struct ReadinessTests {
  @Test func `each obstacle has its word, and the first one is told`() {
    var readiness = Readiness()
    #expect(readiness.obstacle(at: 100) == nil)
    readiness.lacksKeys = true
    #expect(readiness.obstacle(at: 100) == "no keys")
    readiness.isFull = true
    #expect(readiness.obstacle(at: 100) == "full")
    readiness.isAccepting = false
    #expect(readiness.obstacle(at: 100) == "not accepting")
    readiness.certificateExpiry = 101
    #expect(readiness.obstacle(at: 100) == "not accepting")
    #expect(readiness.obstacle(at: 101) == "certificate expired")
    readiness.isServing = false
    #expect(readiness.obstacle(at: 101) == "draining")
  }
}
