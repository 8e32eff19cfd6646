import Logging
import PilotTransport
package import PilotWSS
import PilotWire

/// Relays what arrives on one event loop's WebSocket connections. Confined to that loop.
package final class WSSInbound: WSSDispatcher {
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

  package func attached(_ connection: WSSConnection) {
    let replaces = relay.attach(connection, at: .now())
    journal.attached(connection, replacing: replaces)
  }

  package func received(_ frame: RawSpan, on connection: WSSConnection) {
    let now = readTime ?? .now()
    readTime = now
    relay.relay(frame, from: connection, at: now)
  }

  package func ignored() {
    journal.ignored()
  }

  package func readCompleted(on connection: WSSConnection) {
    readTime = nil
    relay.flush()
  }

  package func parting(_ connection: WSSConnection) {
    engine.part(connection, at: .now())
  }

  package func detached(_ connection: WSSConnection) {
    engine.detach(connection)
    journal.detached(connection)
  }

  package func refused(_ refusal: WSSRefusal) {
    journal.refused(refusal)
  }
}
