import PilotTransport
import Testing

/// Every place that makes a `TransportError`, with what it advises.
///
/// `RetryAdviceTests` hold the advice of each code against what then happens. This holds the list of places: a new one fails
/// here, and whoever adds it has to ask whether its code's usual advice is true there.
@Suite struct ThrowingSitesTests {
  /// What a program is told to do by each code, where the place doesn't say otherwise.
  private static let usual: [String: RetryAdvice] = [
    // Something about the call, the configuration or the transport's life has to change.
    "closed": .never, "receiverTaken": .never, "frameTooLarge": .never, "emptyFrame": .never,
    "invalidDestination": .never,
    "invalidConfiguration": .never, "tlsFailed": .never, "proxyRefused": .never, "upgradeRefused": .never,
    "authenticationFailed": .never,
    "protocolViolation": .never, "bindFailed": .never, "system": .never,
    // A queue drains; a task that was cancelled has left everything as it was.
    "backpressure": .soon, "cancelled": .soon,
    // The transport dials on by itself, and tells.
    "reconnecting": .afterEvent,
    // Something outside has to change, and no event will tell.
    "resolveFailed": .later(after: nil), "connectFailed": .later(after: nil), "atCapacity": .later(after: nil),
    "timedOut": .later(after: nil), "connectionLost": .later(after: nil), "replaced": .later(after: nil),
    "unreachable": .later(after: nil),
  ]

  /// The places, by file. `code: advice` is one that says something else than its code's usual advice.
  private static let sites = """
    PilotBeacon/Registry/RegistryEntry | invalidConfiguration
    PilotBeacon/Registry/RegistryRegistration | invalidConfiguration
    PilotBeacon/Server/BeaconServer+Configuration | invalidConfiguration x2
    PilotBeacon/Server/BeaconServer+Parts | invalidConfiguration
    PilotBeacon/Server/BeaconServer+Validation | bindFailed, invalidConfiguration x4
    PilotBeacon/Server/Cluster/BeaconServer+Cluster | invalidConfiguration x2
    PilotBeacon/Server/Cluster/ClusterSecret | invalidConfiguration
    PilotBeacon/Server/Cluster/Etcd/EtcdURL | invalidConfiguration
    PilotBeacon/Server/Draining/PeerRedirect | invalidConfiguration
    PilotBeacon/Server/ReloadedSecret | invalidConfiguration
    PilotBeacon/Server/Takeover/BeaconServer+Takeover | invalidConfiguration
    PilotBeacon/Server/Takeover/BeaconTakeover | bindFailed, bindFailed: .later(after: nil)
    PilotBeacon/Server/Takeover/InheritedListeners | bindFailed
    PilotCommands/Attach/AttachNode | invalidDestination
    PilotConsole/Processes/ProxyCommand | system
    PilotNode/Driver/NodeDriver+Performing | system
    PilotNode/Joining/BeaconURL | invalidConfiguration
    PilotNode/Joining/PathPlan | invalidConfiguration x4
    PilotNode/Link/BeaconLink+Configuration | invalidConfiguration x2
    PilotNode/Node+Sending | invalidDestination
    PilotNode/NodeReceiver | resolveFailed, timedOut
    PilotNode/PathSetup | invalidConfiguration x2
    PilotNode/Paths/PathSelection+Configuration | invalidConfiguration
    PilotNode/System/NetworkWatcher+Source | system x2
    PilotNode/System/RouteSocket | system
    PilotTesting/Conformance/Checks/BatchChecks | system
    PilotTesting/InMemory/InMemoryNetwork | bindFailed x2
    PilotTesting/InMemory/InMemoryTransport | connectionLost: .afterEvent, invalidConfiguration, invalidDestination, unreachable
    PilotTransport/Capture/FrameCapture | system
    PilotTransport/Contract/TransportError | backpressure, cancelled, closed, emptyFrame, frameTooLarge, receiverTaken, reconnecting, unreachable: .afterEvent
    PilotTunnel/Datagrams/PortTable | bindFailed x3
    PilotTunnel/Driver/Tunnels | invalidConfiguration x2
    PilotTunnel/Driver/Tunnels+Sending | emptyFrame, system, unreachable
    PilotUDP/Connected/ConnectedSockets | system: .later(after: nil)
    PilotUDP/Connected/ReadySet | system: .later(after: nil), system: error.opensLater
    PilotUDP/Receiving/SocketLoop | system: .later(after: nil)
    PilotUDP/System/ErrorQueue | unreachable
    PilotUDP/System/OpenedSocket | invalidConfiguration
    PilotUDP/System/SocketReach | invalidDestination x2
    PilotUDP/System/SystemError | bindFailed: opensLater x2, frameTooLarge, invalidDestination, system x2, system: .later(after: nil), unreachable
    PilotUDP/System/WakeUp | system: error.opensLater
    PilotUDP/UDPTransport+Configuration | invalidConfiguration x2
    PilotWSS/Client/Dial/Dial | system, timedOut
    PilotWSS/Client/Dial/ProxiedConnector | system
    PilotWSS/Client/Errors/TransportError+Connecting | connectFailed, resolveFailed, timedOut
    PilotWSS/Client/Errors/TransportError+Ending | authenticationFailed, connectionLost x4, protocolViolation x2, replaced, timedOut
    PilotWSS/Client/Errors/TransportError+Refusal | atCapacity x2, upgradeRefused x6, upgradeRefused: .later(after: retryAfter)
    PilotWSS/Client/Errors/TransportError+Securing | connectFailed x2, tlsFailed, tlsFailed: fault.retry
    PilotWSS/Client/Errors/TransportError+Upgrading | connectFailed, upgradeRefused x3
    PilotWSS/Client/Inspection/PageRequest | system, timedOut
    PilotWSS/Client/SupervisorDriver | connectionLost: .afterEvent
    PilotWSS/Client/WSSTransport | invalidDestination
    PilotWSS/Client/WSSTransport+Configuration | invalidConfiguration x5
    PilotWSS/Client/WSSURL | invalidConfiguration
    PilotWSS/Proxy/ProxyCredentials | invalidConfiguration
    PilotWSS/Proxy/ProxyRefusal+Reasons | proxyRefused: retry
    PilotWSS/Proxy/ProxyURL | invalidConfiguration
    PilotWSS/Proxy/SOCKSHandshake | invalidConfiguration
    PilotWSS/Proxy/TransportError+Proxy | proxyRefused: .later(after: nil) x3, proxyRefused: .never x2
    PilotWSS/Resolving/StaticAddresses | invalidConfiguration
    PilotWSS/Server/Accepting/ListeningSocket | bindFailed: opensLater(error)
    PilotWSS/TLS/ClientTLS | invalidConfiguration
    PilotWSS/TLS/ServerCredentials | invalidConfiguration x2
    PilotWSS/TLS/TrustedAuthorities | invalidConfiguration x3
    """

  private static var expected: [String: String] {
    var sites: [String: String] = [:]
    for line in Self.sites.split(separator: "\n") {
      let columns = line.split(separator: " | ")
      sites[String(columns[0])] = String(columns[1])
    }
    return sites
  }

  @Test func `each code there is has its usual advice in the table`() throws {
    #expect(Set(Self.usual.keys) == (try ThrowingSites()).codes)
  }

  @Test func `the advice of the table is what the code gives`() {
    let codes: [TransportError.Code] = [
      .closed, .receiverTaken, .cancelled, .frameTooLarge(limit: 1), .backpressure, .reconnecting, .invalidDestination,
      .invalidConfiguration, .bindFailed, .resolveFailed, .connectFailed, .tlsFailed, .proxyRefused, .upgradeRefused,
      .atCapacity,
      .authenticationFailed, .timedOut, .connectionLost, .replaced, .protocolViolation, .unreachable, .system,
      .emptyFrame,
    ]
    let byLogName = Dictionary(uniqueKeysWithValues: Self.usual.map { (Self.logName($0.key), $0.value) })
    #expect(Set(codes.map(\.description)) == Set(byLogName.keys))
    for code in codes {
      #expect(TransportError(code: code, message: "m").retry == byLogName[code.description], "\(code)")
    }
  }

  @Test func `each place that makes an error is in the table, and no other`() throws {
    let sites = try ThrowingSites()
    let found = sites.byFile
    // A package of some of the modules says nothing about the others.
    let expected = Self.expected.filter { sites.modules.contains(String($0.key.prefix { $0 != "/" })) }
    for file in Set(found.keys).union(expected.keys).sorted() where found[file] != expected[file] {
      Issue.record(
        """
        Sources/\(file).swift makes other errors than the table says: ask of each new one whether its code's usual advice \
        is true there, give it a `retry:` if not, and write into the table:
            \(file) | \(found[file] ?? "(nothing: remove the line)")
        it has: \(expected[file] ?? "(nothing)")
        """)
    }
  }

  /// `frameTooLarge` as logs have it.
  private static func logName(_ code: String) -> String {
    code.reduce(into: "") { name, character in
      if character.isUppercase { name += "_" }
      name += character.lowercased()
    }
  }
}
