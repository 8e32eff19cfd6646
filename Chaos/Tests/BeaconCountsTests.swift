import ChaosCore
import Testing

@Suite struct BeaconCountsTests {
  private let text = """
    # HELP pilot_beacon_frames_total Frames handed to the router.
    # TYPE pilot_beacon_frames_total counter
    pilot_beacon_frames_total 12
    pilot_beacon_relayed_total{cell="udp_to_udp"} 3
    pilot_beacon_relayed_total{cell="udp_to_wss"} 4
    something_else 5
    broken line
    """

  @Test func `metrics are read by name and label`() {
    let counts = BeaconCounts(exposition: text)
    #expect(counts["frames_total"] == 12)
    #expect(counts["relayed_total", "udp_to_wss"] == 4)
    #expect(counts["relayed_total", "nothing"] == 0)
    #expect(counts.labels("relayed_total") == ["udp_to_udp": 3, "udp_to_wss": 4])
    #expect(counts.total("relayed_total") == 7)
  }

  @Test func `a difference is by metric, also of those that weren't there before`() {
    var before = BeaconCounts()
    before["frames_total"] = 2
    let difference = BeaconCounts(exposition: text) - before
    #expect(difference["frames_total"] == 10)
    #expect(difference["relayed_total", "udp_to_udp"] == 3)
  }
}
