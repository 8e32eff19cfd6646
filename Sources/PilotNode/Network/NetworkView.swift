import PilotWire

/// How this machine's network stands, as the kernel has told it at one moment: its interfaces, their addresses, and which
/// routes most of what leaves takes.
struct NetworkView: Equatable {
  struct Interface: Equatable {
    var isRunning = false
    var isLoopback = false
    var addresses: Set<Endpoint> = []
  }

  /// More interfaces, addresses of one, and routes than these are left out: a machine has some hundreds when it runs as many
  /// containers.
  static let interfaceCapacity = 4_096
  static let addressCapacity = 64
  static let routeCapacity = 256

  private(set) var interfaces: [UInt32: Interface] = [:]
  private(set) var routes: Set<DefaultRoute> = []
  /// The link-layer addresses of gateways, as far as this machine knows them at the time.
  private(set) var gateways: [Endpoint: [UInt8]] = [:]

  /// Takes what an answer says. Routes come before neighbours, of which only gateways are kept.
  mutating func take(_ news: NetworkNews) {
    switch news {
    case .link(let index, let isRunning, let isLoopback):
      change(index) { ($0.isRunning, $0.isLoopback) = (isRunning, isLoopback) }
    case .linkGone(let index):
      interfaces[index] = nil
    case .address(let address, let index):
      change(index) { if $0.addresses.count < Self.addressCapacity { $0.addresses.insert(address) } }
    case .addressGone(let address, let index):
      interfaces[index]?.addresses.remove(address)
    case .route(let route):
      if routes.count < Self.routeCapacity { routes.insert(route) }
    case .routeGone(let route):
      routes.remove(route)
    case .neighbour(let address, let link):
      if routes.contains(where: { $0.gateway == address }) { gateways[address] = link }
    case .end, .inconsistent, .refused:
      break
    }
  }

  private mutating func change(_ index: UInt32, _ body: (inout Interface) -> Void) {
    guard interfaces[index] != nil || interfaces.count < Self.interfaceCapacity else { return }
    body(&interfaces[index, default: Interface()])
  }

  /// What has changed since, of default routes and of the interfaces that count.
  func change(since old: NetworkView, counting counts: (UInt32) -> Bool) -> NetworkChange {
    var change: NetworkChange = routes == old.routes ? [] : .defaultRoute
    for index in Set(interfaces.keys).union(old.interfaces.keys) where counts(index) {
      let (before, after) = (old.interfaces[index] ?? Interface(), interfaces[index] ?? Interface())
      if before.isRunning != after.isRunning { change.insert(.links) }
      if before.addresses != after.addresses { change.insert(.addresses) }
    }
    return change
  }
}
