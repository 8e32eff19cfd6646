import PilotIdentity
import PilotTransport
import PilotUDP
import PilotWSS
import PilotWire

/// The paths that a configuration asks for, before anything is resolved, bound or dialled: for each beacon the one over UDP first.
struct PathPlan {
  /// Where a beacon is, and what leads there, before a name is looked up.
  private enum Target {
    case datagrams(host: String, port: UInt16)
    case connection(WSSTransport.Configuration)
  }

  private struct Path {
    let beacon: Int
    let name: BeaconName?
    let target: Target

    /// The same, with its beacon at another place in the order of preference.
    func at(_ beacon: Int) -> Path { Path(beacon: beacon, name: name, target: target) }

    var isOverUDP: Bool {
      if case .datagrams = target { return true }
      return false
    }
  }

  private let paths: [Path]
  /// How long names are waited for where there is another way.
  private let patience: Duration
  /// What stands in where a name server fails.
  private let fallback: StaticAddresses
  /// Where frames are captured, if anywhere.
  private let capture: FrameCapture?

  /// - Throws: `.invalidConfiguration`.
  init(_ configuration: Node.Configuration) throws(TransportError) {
    try configuration.times.validate()
    try configuration.choosing.validate()
    let listed = try Self.paths(to: configuration.beacons, from: 0, configuration)
    let count = (listed.map(\.beacon).max() ?? -1) + 1
    let start =
      configuration.choosing.preference == .publicKey ? configuration.identity.publicKey.place(among: count) : 0
    let first = listed.map { $0.at(($0.beacon - start + count) % count) }
    let paths = try first + Self.paths(to: configuration.standbys, from: count, configuration)
    guard (1...Node.PathSetup.limit).contains(paths.count) else {
      throw TransportError(
        code: .invalidConfiguration,
        message: "a node has 1 to \(Node.PathSetup.limit) beacon URLs, and these are \(paths.count)")
    }
    guard Set(configuration.beacons + configuration.standbys).count == paths.count else {
      throw TransportError(code: .invalidConfiguration, message: "a beacon's URL is given twice")
    }
    if paths.allSatisfy(\.isOverUDP), configuration.wss != nil {
      throw TransportError(
        code: .invalidConfiguration,
        message: "all beacons are reached over UDP, and a configuration for WSS is set; leave it nil")
    }
    patience = configuration.choosing.headStart
    fallback = configuration.fallbackAddresses
    capture = configuration.capture
    self.paths = paths.sorted { ($0.beacon, $0.isOverUDP ? 0 : 1) < ($1.beacon, $1.isOverUDP ? 0 : 1) }
  }

  /// Pairs URLs for UDP with URLs for WSS, and numbers the beacons.
  private static func paths(
    to urls: [BeaconURL], from number: Int, _ configuration: Node.Configuration
  ) throws(TransportError) -> [Path] {
    var paths: [Path] = []
    var (datagrams, connections) = (number, number)
    for url in urls {
      switch url {
      case .udp(let host, let port):
        paths.append(Path(beacon: datagrams, name: url.name, target: .datagrams(host: host, port: port)))
        datagrams += 1
      case .wss(let beacon):
        guard var wss = configuration.wss else {
          throw TransportError(code: .invalidConfiguration, message: "a beacon over WSS needs a configuration for it")
        }
        wss.beacon = beacon
        wss.node = configuration.id
        wss.identity = configuration.identity
        wss.fallbackAddresses = configuration.fallbackAddresses
        wss.beaconEndpoint = .wssBeacon(UInt16(truncatingIfNeeded: connections))
        paths.append(Path(beacon: connections, name: url.name, target: .connection(wss)))
        connections += 1
      }
    }
    return paths
  }

  /// The connection, where that is all that there is.
  var onlyConnection: WSSTransport.Configuration? {
    guard paths.count == 1, case .connection(let wss) = paths[0].target else { return nil }
    return wss
  }

  /// What the names of the beacons over UDP stand for, each as far as that is known in time: where there is another way, the time
  /// is that of UDP's head start, and none on a network that is known to let no UDP through.
  ///
  /// - Throws: `.cancelled`; `.resolveFailed` if there is only one path.
  func addresses(on verdict: NetworkVerdict?) async throws(TransportError) -> [[Endpoint]] {
    if paths.count == 1 {
      guard case .datagrams(let host, let port) = paths[0].target else { return [[]] }
      return [try await HostAddresses.resolve(host, port: port, fallback: fallback)]
    }
    let patience = verdict == .datagramsBlocked ? .zero : patience
    let found = await withTaskGroup(of: (Int, [Endpoint])?.self) { group in
      var (found, left) = ([[Endpoint]](repeating: [], count: paths.count), 0)
      for (index, path) in paths.enumerated() {
        guard case .datagrams(let host, let port) = path.target else { continue }
        left += 1
        group.addTask { [fallback] in
          (index, (try? await HostAddresses.resolve(host, port: port, fallback: fallback)) ?? [])
        }
      }
      group.addTask {
        try? await Task.sleep(for: patience)
        return nil
      }
      while left > 0, let next = await group.next(), let (index, addresses) = next {
        found[index] = addresses
        left -= 1
      }
      group.cancelAll()
      return found
    }
    if Task.isCancelled { throw .cancelled }
    return found
  }

  /// Binds the socket, and makes the connections' transports: at rest, unless one is all that there is.
  ///
  /// - Parameter addresses: As ``addresses(on:)`` has them; empty if nothing is known.
  /// - Throws: `.bindFailed` where there is no other way; `.invalidConfiguration`.
  func setups(udp: UDPTransport.Configuration, at addresses: [[Endpoint]]) throws(TransportError) -> [Node.PathSetup] {
    let socket = try bind(udp).map { capture?.capturing($0, on: .udp) ?? $0 }
    let used = paths.indices.filter { socket != nil || !paths[$0].isOverUDP }
    var setups: [Node.PathSetup] = []
    for index in used {
      let path = paths[index]
      switch path.target {
      case .datagrams(let host, let port):
        guard let socket else { continue }
        let known = addresses.isEmpty ? [] : addresses[index]
        let target = BeaconLink.Target.datagrams(
          beacon: known.first ?? .any(port: port), others: Array(known.dropFirst()))
        setups.append(
          Node.PathSetup(
            socket, target, beacon: path.beacon, dialled: path.name, nameLookup: nameLookup(host, port: port)))
      case .connection(let wss):
        let transport = try WSSTransport.start(wss, dialing: used.count == 1)
        setups.append(Node.PathSetup(transport, wss, beacon: path.beacon, capture: capture))
      }
    }
    return setups
  }

  private func bind(_ configuration: UDPTransport.Configuration) throws(TransportError) -> UDPTransport? {
    guard paths.contains(where: \.isOverUDP) else { return nil }
    do throws(TransportError) {
      return try UDPTransport.bind(configuration)
    } catch {
      // Where a machine has no UDP at all, the other way is taken.
      guard error.code == .bindFailed, paths.contains(where: { !$0.isOverUDP }) else { throw error }
      return nil
    }
  }

  /// An address stands for itself, unless its zone is a name.
  private func nameLookup(_ host: String, port: UInt16) -> NameLookup? {
    guard (try? Endpoint(address: host, port: port)) == nil else { return nil }
    return { [fallback] () async throws(TransportError) -> [Endpoint] in
      try await HostAddresses.resolve(host, port: port, fallback: fallback)
    }
  }
}

extension Node.PathSetup {
  init(
    _ transport: WSSTransport, _ wss: WSSTransport.Configuration, beacon: Int = 0, capture: FrameCapture? = nil
  ) {
    self.init(
      transport, .connection(beacon: wss.beaconEndpoint), beacon: beacon, dialled: BeaconURL.wss(wss.beacon).name,
      nameLookup: nil, capture: capture)
  }
}
