import PilotTransport
import PilotUDP
import PilotWire
import Synchronization

/// Tells which addresses a beacon's name stands for now.
typealias NameLookup = @Sendable () async throws(TransportError) -> [Endpoint]

/// One of a node's paths, for who sends and receives over it. From any thread.
final class PathPort: Sendable {
  let id: PathID
  let path: PathSelection.Path
  let outlet: Outlet
  /// As what the beacon was dialled; nil where that is its address.
  let dialled: BeaconName?
  /// Nil for a beacon that was given by its address.
  let nameLookup: NameLookup?
  /// Rung when the beacon's name is to be looked up.
  let nameAlarm = Alarm()
  /// The frame to itself that the path's link has relayed.
  let probe: [UInt8]
  let tally = PathTally()
  /// Over UDP: what of the frames that were sent came through as far as the beacon's answers show.
  let marks = Mutex(SentMarks())
  /// The beacon's addresses, the first one first, and that one again: as a rule it is the only one, and needs no look into a list.
  private let addresses: [Endpoint]
  let firstAddress: Endpoint
  /// Which of them is the link's beacon. Looked up for frames, so there is no lock in the way.
  private let place = Atomic<Int>(0)
  /// What ``place`` says when it is none of them, but ``laterAddress``.
  private static let elsewhere = -1
  /// The beacon's address if that was found by looking its name up again. Only then there is a lock in the way.
  private let laterAddress: Mutex<Endpoint>
  /// Whether a message may be lent without asking the link.
  private let ready = Atomic<Bool>(false)

  /// - Parameter probe: What its link relays to the node itself.
  init(id: PathID, _ setup: Node.PathSetup, probe: [UInt8]) {
    self.id = id
    path = setup.path
    dialled = setup.dialled
    nameLookup = setup.nameLookup
    connection = setup.connection
    self.probe = probe
    outlet = Outlet(setup.transport)
    addresses = setup.target.addresses
    firstAddress = addresses[0]
    laterAddress = Mutex(addresses[0])
  }

  var transport: any Transport { outlet.transport }

  /// The transport, where it has a connection to be dialled.
  let connection: (any DialledTransport)?

  /// Where frames for the beacon go.
  var beacon: Endpoint {
    let place = place.load(ordering: .acquiring)
    if place == 0 { return firstAddress }
    return place == Self.elsewhere ? laterAddress.withLock(\.self) : addresses[place]
  }

  /// Whether that is ``firstAddress``, for who wants to pay nothing for the others.
  var isAtFirstAddress: Bool { place.load(ordering: .acquiring) == 0 }

  /// Whether what the beacon delivers may be lent without asking the link.
  var isReady: Bool { ready.load(ordering: .acquiring) }

  /// The link is so. One thread at a time.
  func follow(_ beacon: Endpoint, isReady: Bool) {
    if let found = addresses.firstIndex(of: beacon) {
      place.store(found, ordering: .releasing)
    } else {
      laterAddress.withLock { $0 = beacon }
      place.store(Self.elsewhere, ordering: .releasing)
    }
    ready.store(isReady, ordering: .releasing)
  }

  /// Sends a frame of the node's own to the beacon, or where else the path's link wants it.
  func sendControl(_ frame: [UInt8], to destination: Endpoint) throws(TransportError) {
    try transport.send(frame, to: destination)
    tally.controlSent.count()
    tally.controlBytesSent.count(UInt64(frame.count))
  }
}

/// What went over a path, written from any thread.
struct PathTally: ~Copyable, Sendable {
  let messagesReceived = Atomic<UInt64>(0)
  let messageBytesReceived = Atomic<UInt64>(0)
  let controlSent = Atomic<UInt64>(0)
  let controlBytesSent = Atomic<UInt64>(0)

  /// Messages that have come.
  var messages: UInt64 { messagesReceived.load(ordering: .relaxed) }

  /// Messages have come, with so many bytes of payload together.
  @inline(__always)
  func countReceived(_ messages: UInt64, bytes: UInt64) {
    messagesReceived.count(messages)
    messageBytesReceived.count(bytes)
  }
}
