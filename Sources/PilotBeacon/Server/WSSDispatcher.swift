import Logging
import PilotTransport
import PilotWSS
import PilotWire

/// Relays what arrives on one event loop's WebSocket connections. Confined to that loop.
final class WSSDispatcher: CompatDispatcher {
  private let engine: RelayEngine
  private let relay: FrameRelay
  private let journal: BeaconJournal
  /// When the present read began, once a frame of it has asked.
  private var readTime: MonotonicInstant?

  init(engine: RelayEngine, relay: FrameRelay, journal: BeaconJournal) {
    self.engine = engine
    self.relay = relay
    self.journal = journal
  }

  func attached(_ connection: CompatConnection) {
    let replaced = engine.attach(connection)
    journal.attached(connection, replacing: replaced)
    replaced?.close(.normal, reason: "replaced")
  }

  func received(_ frame: RawSpan, on connection: CompatConnection) {
    let now = readTime ?? .now()
    readTime = now
    relay.relay(frame, from: connection, at: now)
  }

  func ignored() {
    journal.ignored()
  }

  func readCompleted(on connection: CompatConnection) {
    readTime = nil
    relay.flush()
  }

  func detached(_ connection: CompatConnection) {
    engine.detach(connection)
    journal.detached(connection)
  }

  func refused(_ refusal: CompatRefusal) {
    journal.refused(refusal)
  }
}
