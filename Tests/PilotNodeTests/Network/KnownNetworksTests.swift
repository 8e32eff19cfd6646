import PilotTransport
import PilotWire
import Synchronization
import Testing

@testable import PilotNode

@Suite("What is known of networks", .timeLimit(.minutes(1)))
struct KnownNetworksTests {
  /// A machine that is in one network, then in another.
  private final class Machine: Sendable {
    private let network: Mutex<NetworkFingerprint?>
    private let looks = Mutex(0)

    init(in network: NetworkFingerprint?) { self.network = Mutex(network) }

    var lookCount: Int { looks.withLock(\.self) }

    func enter(_ fingerprint: NetworkFingerprint?) { network.withLock { $0 = fingerprint } }

    func look() -> NetworkFingerprint? {
      looks.withLock { $0 += 1 }
      return network.withLock(\.self)
    }
  }

  /// A network whose gateway is this one's, of which this machine has heard if it has a link-layer address.
  private static func network(_ last: UInt8, link: [UInt8]? = [2, 0, 0, 0, 0, 1]) -> NetworkFingerprint {
    let gateway = Endpoint(ipv4: 192, 168, 1, last, port: 0)
    var view = NetworkView()
    view.take(.route(DefaultRoute(isIPv4: true, interface: 2, gateway: gateway)))
    if let link { view.take(.neighbour(gateway, link)) }
    return NetworkFingerprint(view, resolvers: ["192.0.2.53"])
  }

  private static func known(on machine: Machine) -> KnownNetworks { KnownNetworks(survey: { machine.look() }) }

  @Test("a verdict is the present network's, and is there when the machine comes back")
  func comesBack() async {
    let machine = Machine(in: Self.network(1))
    let networks = Self.known(on: machine)
    await networks.look()
    #expect(networks.verdict == nil)
    networks.remember(.datagramsBlocked)
    machine.enter(Self.network(2))
    await networks.look()
    #expect(networks.verdict == nil)
    networks.remember(.datagramsWork)
    machine.enter(Self.network(1))
    await networks.look()
    #expect(networks.verdict == .datagramsBlocked)
  }

  @Test("what was found out before the first look belongs to the network that it finds")
  func foundFirst() async {
    let machine = Machine(in: Self.network(1))
    let networks = Self.known(on: machine)
    networks.remember(.datagramsBlocked)
    await networks.look()
    machine.enter(nil)
    await networks.look()
    #expect(networks.verdict == nil)
    machine.enter(Self.network(1))
    await networks.look()
    #expect(networks.verdict == .datagramsBlocked)
  }

  @Test("what was found out while the gateway was strange stays, and isn't another house's with such a gateway")
  func completed() async {
    let machine = Machine(in: Self.network(1, link: nil))
    let networks = Self.known(on: machine)
    await networks.look()
    networks.remember(.datagramsBlocked)
    machine.enter(Self.network(1))
    await networks.complete(after: .zero)
    #expect(networks.verdict == .datagramsBlocked)
    machine.enter(Self.network(1, link: [2, 0, 0, 0, 0, 9]))
    await networks.look()
    #expect(networks.verdict == nil)
    machine.enter(Self.network(1))
    await networks.look()
    #expect(networks.verdict == .datagramsBlocked)
  }

  @Test("a verdict ends after its day, though the network has been looked at meanwhile")
  func expires() async {
    let clock = Mutex(UInt64(1_800_000_000))
    let networks = KnownNetworks(time: { clock.withLock(\.self) }, survey: { Self.network(1) })
    await networks.look()
    networks.remember(.datagramsBlocked)
    clock.withLock { $0 += NetworkMemory.lifetime - 1 }
    await networks.look()
    #expect(networks.verdict == .datagramsBlocked)
    clock.withLock { $0 += 1 }
    #expect(networks.verdict == nil)
    await networks.look()
    #expect(networks.verdict == nil)
  }

  @Test("it looks again four times where the gateway stays strange, and not where all is known")
  func looks() async {
    let strange = Machine(in: Self.network(1, link: nil))
    let networks = Self.known(on: strange)
    await networks.look()
    await networks.complete(after: .zero)
    #expect(strange.lookCount == 5)
    for machine in [Machine(in: Self.network(1)), Machine(in: nil)] {
      let networks = Self.known(on: machine)
      await networks.look()
      await networks.complete(after: .zero)
      #expect(machine.lookCount == 1)
    }
  }
}
