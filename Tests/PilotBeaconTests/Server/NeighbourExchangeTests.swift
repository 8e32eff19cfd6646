import Logging
import PilotTesting
import PilotTransport
import PilotWSS
import PilotWire
import Testing

@testable import PilotBeacon

/// A neighbour whose name has several addresses, one of which is its.
@Suite(.timeLimit(.minutes(1)))
struct NeighbourExchangeTests {
  private static let addresses = [Endpoint.test(1, port: 9_001), .test(2, port: 9_001), .test(3, port: 9_001)]

  @Test func whoIsNotHeardAtOneAddressIsLookedForAtTheNextAndStaysWhereHeIsHeard() async throws {
    let network = InMemoryNetwork()
    let socket = try network.makeTransport()
    let engine = RelayEngine(RouterConfiguration(), seed: 7)
    let exchange = NeighbourExchange(
      [try HostPort(parsing: "beacon.example:9001")], engine: engine, socket: socket, totals: RelayTotals(),
      beaconID: 256,
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, lookup: { _ in Self.addresses })
    let relay = FrameRelay(
      engine: engine, udp: socket, authenticator: FakeAuthenticator(keys: [:]), totals: RelayTotals(), lane: nil,
      submit: { _ in false })
    let clock = ManualClock()
    var places: [Endpoint?] = []
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await exchange.run(clock: clock) }
      await clock.sleepers(atLeast: 2)
      for renewal in 0..<6 {
        places.append(engine.neighbourEndpoints.first)
        if renewal == 4 {
          var batch = FrameBatch()
          let list = (try? SyncAnnouncement(beaconID: 2, nodeIDs: []))?.encoded() ?? []
          _ = batch.append(list.span.raw, to: Self.addresses[1])
          // SAFETY: the batch lives, unchanged, until the relay is done with what is lent.
          unsafe relay.relay(datagrams: LentFrames(runs: batch.runs, frames: batch.count), at: .now())
          // Is looked at each second.
          clock.advance(by: .seconds(1))
          await clock.sleepers(atLeast: 2)
        }
        clock.advance(by: NeighbourExchange.renewal)
        await clock.sleepers(atLeast: 2)
      }
      group.cancelAll()
    }
    let (first, second, third) = (Self.addresses[0], Self.addresses[1], Self.addresses[2])
    #expect(places == [first, second, third, first, second, second])
  }
}
