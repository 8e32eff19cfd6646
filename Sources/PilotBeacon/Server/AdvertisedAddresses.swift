import Logging
import PilotTransport
import PilotWSS
import PilotWire
import Synchronization

/// Where this beacon says that it is reached: as configured, and where an address was given by a name, where that leads to now.
///
/// Names are looked up in the background every five minutes, and when somebody asks for it. An address stays as long as it is among
/// those of its name, or the name has none of its family, or can't be looked up.
final class AdvertisedAddresses: Sendable {
  typealias Lookup = BeaconServer.Configuration.NeighbourLookup

  /// From one look-up to the next.
  static let renewal: Duration = .seconds(300)

  /// Whom an address is told.
  enum Audience: Sendable {
    case nodes
    /// Whether it may be of a private network.
    case registry(allowsPrivate: Bool)

    func admits(_ address: Endpoint) -> Bool {
      switch self {
      case .nodes: return address.port != 0 && !address.isUnspecified
      case .registry(let allowsPrivate):
        var entry = BeaconServer.Configuration.RegistryEntry(address: address)
        entry.allowsPrivate = allowsPrivate
        return entry.fault == nil
      }
    }
  }

  private struct Place {
    let audience: Audience
    let name: HostPort?
    var address: Endpoint
    /// Whether the log says that the name leads nowhere.
    var isLossTold = false
  }

  private let lookup: Lookup
  private let engine: RelayEngine
  private let logger: Logger
  private let places: Mutex<[Place]>
  private let (wishes, wish) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))

  init(_ configuration: BeaconServer.Configuration, engine: RelayEngine, logger: Logger) {
    (lookup, self.engine, self.logger) = (configuration.advertisedLookup, engine, logger)
    let names = configuration.advertisedNames
    var places = configuration.router.advertised.map { Place(audience: .nodes, name: names[$0], address: $0) }
    if let entry = configuration.registryEntry {
      places.append(
        Place(
          audience: .registry(allowsPrivate: entry.allowsPrivate), name: entry.name, address: entry.address))
    }
    self.places = Mutex(places)
    for address in toNodes { warn(about: address) }
  }

  /// What nodes are told.
  var toNodes: [Endpoint] {
    places.withLock { places in
      places.compactMap { if case .nodes = $0.audience { $0.address } else { nil } }
    }
  }

  /// What the registry is told; nil for nothing.
  var toRegistry: Endpoint? {
    places.withLock { places in
      places.lazy.compactMap { if case .registry = $0.audience { $0.address } else { nil } }.first
    }
  }

  /// Whether nodes that dial this dial an address that they are told.
  func isAdvertised(_ name: BeaconName) -> Bool { toNodes.contains { BeaconName($0) == name } }

  /// Has all names looked up now, or as soon as what is being looked up is found. Returns at once.
  func renew() { wish.yield() }

  /// Until the task is cancelled.
  func run<Time: Clock<Duration>>(clock: Time) async {
    guard places.withLock({ $0.contains { $0.name != nil } }) else { return }
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        while (try? await clock.sleep(for: Self.renewal)) != nil { self.renew() }
      }
      group.addTask {
        for await _ in self.wishes { await self.lookUp() }
      }
    }
  }

  private func lookUp() async {
    let names = places.withLock { $0.map(\.name) }
    for (number, name) in names.enumerated() {
      guard let name else { continue }
      do throws(TransportError) {
        found(try await lookup(name), number, name)
      } catch {
        if error.code != .cancelled { lost(number, name, because: "\(error)") }
      }
    }
  }

  private func found(_ addresses: [Endpoint], _ number: Int, _ name: HostPort) {
    enum News { case none, moved(from: Endpoint, to: Endpoint), lost }
    let news = places.withLock { places in
      let (present, audience) = (places[number].address, places[number].audience)
      guard !addresses.contains(present) else {
        places[number].isLossTold = false
        return News.none
      }
      let next = addresses.first { $0.isIPv4 == present.isIPv4 && audience.admits($0) }
      guard let next else { return .lost }
      (places[number].address, places[number].isLossTold) = (next, false)
      return .moved(from: present, to: next)
    }
    switch news {
    case .none: break
    case .lost: lost(number, name, because: "none of its addresses is of that family, and can be reached")
    case .moved(let before, let address):
      logger.notice(
        "The name of an advertised address leads elsewhere: that is advertised now",
        metadata: ["name": "\(name)", "address": "\(address)", "before": "\(before)"])
      let toNodes = toNodes
      if toNodes.contains(address) { warn(about: address) }
      engine.advertise(toNodes)
    }
  }

  private func lost(_ number: Int, _ name: HostPort, because reason: String) {
    let address = places.withLock { places in
      defer { places[number].isLossTold = true }
      return places[number].isLossTold ? nil : places[number].address
    }
    guard let address else { return }
    logger.warning(
      "The name of an advertised address can't be looked up: the last one stays",
      metadata: ["name": "\(name)", "address": "\(address)", "reason": "\(reason)"])
  }

  private func warn(about address: Endpoint) {
    guard AddressKind(of: address) != .global else { return }
    logger.warning(
      "The advertised address isn't public, and deployed nodes don't answer questions that name it: nodes aren't asked",
      metadata: ["address": "\(address)"])
  }
}
