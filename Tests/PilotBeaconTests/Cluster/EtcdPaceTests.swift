import PilotTransport
import PilotWire
import Testing

@testable import PilotBeacon

@Suite("How much a beacon writes to etcd")
struct EtcdPaceTests {
  private func bucket(_ count: Int) -> PresenceBucket {
    var bucket = PresenceBucket()
    for node in 0..<UInt32(count) { _ = bucket.put(.test(node + 1), isProven: false) }
    return bucket
  }

  @Test("A key costs its value and 200 bytes, one that is removed just these")
  func costs() {
    #expect(EtcdPace.cost(of: bucket(0)) == 200)
    #expect(EtcdPace.cost(of: bucket(122)) == 200 + 491)
    #expect(EtcdPace.cost(of: bucket(122)) == 200 + bucket(122).encoded.count)
  }

  @Test("Ten minutes and a half of writing all that may be: 8 MiB and 256 KiB a second", arguments: [0, 1, 122, 4_096])
  func bound(_ nodes: Int) {
    var (pace, bytes) = (EtcdPace(), 0)
    let (nodes, start) = (bucket(nodes), MonotonicInstant.start.advanced(by: .seconds(1_000)))
    for turn in 0..<(630 * 20) {
      let now = start.advanced(by: .milliseconds(50) * turn)
      while pace.admits(nodes, at: now) { bytes += EtcdPace.cost(of: nodes) }
    }
    let limit = EtcdPace.burst + 630 * EtcdPace.bytesPerSecond
    // An interval of whole nanoseconds is up to a part in 3,814 shorter.
    #expect(bytes <= limit + limit / 3_814)
    #expect(bytes > limit - limit / 1_000)
    #expect(limit < 166 << 20)
  }

  @Test("All keys of a beacon with 500,000 nodes at once, and then as many as the pace allows")
  func start() {
    var pace = EtcdPace()
    let (nodes, now) = (bucket(122), MonotonicInstant.start.advanced(by: .seconds(1_000)))
    var keys = 0
    while pace.admits(nodes, at: now) { keys += 1 }
    #expect(keys / PresenceBucket.count == 2)
    keys = 0
    while pace.admits(nodes, at: now.advanced(by: .seconds(1))) { keys += 1 }
    #expect((378...380).contains(keys))
  }
}
