import PilotIdentity
import PilotTesting
import PilotTransport
import PilotWire

@testable import PilotNode

/// A node on a network in memory, whose beacon is the test.
struct TestNetwork {
  static let id = LinkRun.node
  static let peer = LinkRun.peer
  /// What a test sends last.
  static let last: [UInt8] = [255]

  let network = InMemoryNetwork()
  let beacon: InMemoryTransport
  let stranger: InMemoryTransport
  let transport: InMemoryTransport

  init() throws {
    beacon = try network.makeTransport()
    stranger = try network.makeTransport()
    transport = try network.makeTransport()
  }

  /// Times that no busy machine brings about by itself.
  static var patient: BeaconLink.Configuration {
    var times = BeaconLink.Configuration()
    times.patience = .seconds(600)
    times.probeAgain = .seconds(600)
    times.registration.retry = .seconds(600)
    return times
  }

  func node(times: BeaconLink.Configuration = patient, over other: (any Transport)? = nil) throws -> Node {
    try Node(
      id: Self.id, identity: Identity(), on: other ?? transport, to: .datagrams(beacon: beacon.localEndpoint),
      times: times)
  }

  /// A node whose beacon has a name, and what that stands for now.
  func named(
    at address: Endpoint, times: BeaconLink.Configuration, lookup: @escaping NameLookup
  ) throws -> Node {
    try Node(
      id: Self.id, identity: Identity(),
      over: [Node.PathSetup(transport, .datagrams(beacon: address), dialled: nil, nameLookup: lookup)], times: times)
  }

  /// A node that takes its transport for a connection, and learns so of changes of its machine's.
  func connected(watching: Watching) throws -> Node {
    try Node(
      id: Self.id, identity: Identity(), over: [Node.PathSetup(transport, .connection(beacon: beacon.localEndpoint))],
      times: Self.patient, choosing: PathSelection.Configuration(), offersProof: true, watching: watching, since: .now()
    )
  }

  /// A node that takes its transport for a connection.
  func connected(times: BeaconLink.Configuration = patient, over other: (any Transport)? = nil) throws -> Node {
    try Node(
      id: Self.id, identity: Identity(), on: other ?? transport, to: .connection(beacon: beacon.localEndpoint),
      times: times)
  }

  /// Sends the node a frame of the beacon's.
  func tell(_ frame: [UInt8]) throws { try beacon.send(frame, to: transport.localEndpoint) }

  /// Sends the node a frame of somebody else's.
  func tellFromElsewhere(_ frame: [UInt8]) throws { try stranger.send(frame, to: transport.localEndpoint) }

  func deliver(_ payload: [UInt8]) throws { try tell(LinkRun.delivery(from: Self.peer, payload)) }
}
