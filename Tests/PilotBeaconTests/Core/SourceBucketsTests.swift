import PilotTesting
import PilotTransport
import PilotWire
import Testing

@testable import PilotBeacon

/// How much each source may have relayed.
struct SourceBucketsTests {
  private let second: UInt64 = 1_000_000_000

  private func registration(_ endpoint: Endpoint, proven: Bool = false) -> Registration {
    Registration(at: endpoint, local: .any, flags: proven ? .proven : [], now: 0, lifetime: .max)
  }

  /// How many of `count` frames are admitted at once.
  private func admitted(
    _ count: Int, bytes: Int = 100, _ buckets: inout SourceBuckets, _ node: UInt32, _ registration: Registration,
    at now: UInt64
  ) -> Int {
    var registration = registration
    registration.bucket = buckets.bucket(of: .test(node), registration)
    return (0..<count).count { _ in buckets.admits(bytes, from: registration, at: now) == .admitted }
  }

  @Test func aSecondsWorthAtOnceThenThePace() {
    var buckets = SourceBuckets(perSecond: 100, seed: 1)
    let source = registration(.test(1))
    expect(admitted(500, &buckets, 1, source, at: 5 * second), 100)
    expect(admitted(500, &buckets, 1, source, at: 5 * second + second / 2), 50)
    expect(admitted(500, &buckets, 1, source, at: 100 * second), 100)
  }

  @Test func bytesAreBoundedByTheSameNumber() {
    var buckets = SourceBuckets(perSecond: 100, seed: 1)
    expect(admitted(500, bytes: 1_500, &buckets, 1, registration(.test(1)), at: second), 100)
    expect(admitted(500, bytes: 1_501, &buckets, 2, registration(.test(2)), at: second), 50)
    expect(admitted(500, bytes: 65_507, &buckets, 3, registration(.test(3)), at: second), 3)
  }

  @Test func unprovenNodesOfOneAddressShareAndProvenOnesHaveTenTimesAsMuchEach() {
    var buckets = SourceBuckets(perSecond: 100, seed: 1)
    expect(admitted(60, &buckets, 1, registration(.test(1, port: 1)), at: second), 60)
    expect(admitted(60, &buckets, 2, registration(.test(1, port: 2)), at: second), 40)
    for node in 3...4 as ClosedRange<UInt32> {
      expect(admitted(2_000, &buckets, node, registration(.test(1, port: 3), proven: true), at: second), 1_000)
    }
  }

  @Test func aRegistrationWithoutABucketIsUnknownAndChargedToNobody() {
    var buckets = SourceBuckets(perSecond: 100, seed: 1)
    let fresh = registration(.test(1))
    expect(buckets.admits(1, from: fresh, at: second), .unknown)
    for source in 2..<70_000 as Range<UInt32> { _ = buckets.bucket(of: .test(1), registration(.test(source))) }
    expect(buckets.admits(1, from: fresh, at: second), .unknown)
  }

  @Test func aFloodOfSourcesKeepsNoNewcomerOutAndLeavesTheLivelyTheirs() {
    var buckets = SourceBuckets(perSecond: 100, seed: 1)
    var lively = registration(.test(1))
    lively.bucket = buckets.bucket(of: .test(1), lively)
    expect(admitted(100, &buckets, 1, lively, at: second), 100)
    for source in 2..<300_000 as Range<UInt32> {
      // Each of them has had one frame relayed.
      expect(admitted(1, &buckets, 1, registration(.test(source)), at: second), 1)
    }
    expect(buckets.admits(1, from: lively, at: second), .limited)
    expect(admitted(101, &buckets, 1, registration(.test(999_999)), at: second), 100)
  }

  @Test func nothingIsNoLimitAndTheGreatestNumberNoTrap() {
    var off = SourceBuckets(perSecond: 0, seed: 1)
    expect(admitted(100_000, bytes: 65_507, &off, 1, registration(.test(1)), at: 0), 100_000)
    var greatest = SourceBuckets(perSecond: .max, seed: 1)
    expect(admitted(10, &greatest, 1, registration(.test(1)), at: .max), 10)
    var negative = SourceBuckets(perSecond: -1, seed: 1)
    expect(admitted(10, &negative, 1, registration(.test(1)), at: 0), 10)
  }

  @Test func sourcesAreAddressesSitesAndTheMachinesOwnPorts() {
    func isOne(_ left: Endpoint, _ right: Endpoint) -> Bool { SourceKey(left) == SourceKey(right) }
    #expect(isOne(.test(1, port: 1), .test(1, port: 2)))
    #expect(!isOne(.test(1), .test(2)))
    let site: UInt64 = 0x2001_0DB8_0000_0001
    #expect(isOne(Endpoint(high: site, low: 1, port: 1), Endpoint(high: site, low: .max, scope: 2, port: 2)))
    #expect(!isOne(Endpoint(high: site, low: 1, port: 1), Endpoint(high: site + 1, low: 1, port: 1)))
    #expect(isOne(Endpoint(high: 0, low: 0xFFFF_0A00_0001, port: 1), .test(1, port: 2)), "mapped")
    #expect(!isOne(.loopback(port: 1), .loopback(port: 2)))
    #expect(!isOne(Endpoint(high: 0, low: 1, port: 1), Endpoint(high: 0, low: 1, port: 2)))
    #expect(isOne(Endpoint(ipv4: 127, 0, 0, 2, port: 1), Endpoint(ipv4: 127, 0, 0, 2, port: 2)))
    #expect(SourceKey(NodeID.test(7)) != SourceKey(Endpoint(high: 0, low: 7, port: 1)))
  }

  @Test func sourcesReadAsWhatTheyAre() {
    #expect("\(SourceKey(Endpoint.test(1)))" == "10.0.0.1")
    #expect("\(SourceKey(Endpoint(high: 0x2001_0DB8_0000_0000, low: 5, port: 1)))" == "2001:db8::/64")
    #expect("\(SourceKey(Endpoint.loopback(port: 40)))" == "127.0.0.1:40")
    #expect("\(SourceKey(Endpoint(high: 0, low: 1, port: 40)))" == "[::1]:40")
    #expect("\(SourceKey(NodeID.test(7)))" == "node 7")
  }
}
