import PilotConsole
import PilotNode
import PilotTransport
import PilotWSS
import PilotWire
import Testing

@testable import PilotCommands

/// What `pilot doctor` makes of its options.
struct DoctorPlanTests {
  private func plan(_ beacons: String..., addresses: [String] = []) throws -> DoctorPlan {
    try DoctorPlan(
      beacons: beacons, node: nil, identity: nil, reach: BeaconReach(addresses: addresses, environment: [:]), idle: 0)
  }

  @Test func `--address counts for names, for UDP and for connections`() async throws {
    let address = try Endpoint(parsing: "192.0.2.10:0")
    let plan = try plan("udp://beacon.invalid:9001", "wss://beacon.invalid", addresses: ["beacon.invalid=192.0.2.10"])
    #expect(plan.addresses.addresses(of: "beacon.invalid") == [address])
    #expect(plan.connections.map { $0.fallbackAddresses.addresses(of: "beacon.invalid") } == [[address]])
    let name = NameFacts(host: "beacon.invalid", given: plan.addresses.addresses(of: "beacon.invalid"))
    #expect(plan.targets([name]).map(\.endpoints) == [[try Endpoint(parsing: "192.0.2.10:9001")]])
  }

  @Test func `what is asked for doesn't wait as long as a node`() throws {
    let limits = try plan("wss://beacon.invalid").connections.map(\.connectLimit)
    #expect(limits == [DoctorPlan.connectLimit])
    #expect(DoctorPlan.connectLimit >= .seconds(5) && DoctorPlan.connectLimit <= .seconds(8))
  }

  @Test func `whoever has no address isn't waited for`() async throws {
    let plan = try plan("udp://beacon.invalid:9001", "udp://other.invalid:9001")
    let facts = try await DatagramInquiry.run(plan.targets([]))
    #expect(facts.waited == .zero && facts.beacons.count == 2 && facts.failure == nil)
  }
}
