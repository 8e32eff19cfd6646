import Logging
import PilotTransport
package import PilotWSS
import PilotWire

/// Relays what arrives on one event loop's WebSocket connections. Confined to that loop.
package final class WSSDispatcher: CompatDispatcher {
  private let engine: RelayEngine
  private let relay: FrameRelay
  private let journal: BeaconJournal
  /// When the present read began, once a frame of it has asked.
  private var readTime: MonotonicInstant?

  package init(engine: RelayEngine, relay: FrameRelay, journal: BeaconJournal) {
    self.engine = engine
    self.relay = relay
    self.journal = journal
  }

  package func attached(_ connection: CompatConnection) {
    let replaced = engine.attach(connection)
    journal.attached(connection, replacing: replaced)
    replaced?.close(.normal, reason: "replaced")
  }

  package func received(_ frame: RawSpan, on connection: CompatConnection) {
    let now = readTime ?? .now()
    readTime = now
    relay.relay(frame, from: connection, at: now)
  }

  package func ignored() {
    journal.ignored()
  }

  package func readCompleted(on connection: CompatConnection) {
    readTime = nil
    relay.flush()
  }

  package func detached(_ connection: CompatConnection) {
    engine.detach(connection)
    journal.detached(connection)
  }

  package func refused(_ refusal: CompatRefusal) {
    journal.refused(refusal)
  }
}
