import Logging
import PilotTransport
package import PilotWSS
import PilotWire

/// Relays what arrives on one event loop's WebSocket connections. Confined to that loop.
package final class WSSInbound: WSSDispatcher {
  private let engine: RelayEngine
  private let relay: FrameRelay
  private let journal: BeaconJournal
  private let redirect: PeerRedirect?
  /// When the present read began, once a frame of it has asked.
  private var readTime: MonotonicInstant?

  package convenience init(engine: RelayEngine, relay: FrameRelay, journal: BeaconJournal) {
    self.init(engine: engine, relay: relay, journal: journal, redirect: nil)
  }

  init(engine: RelayEngine, relay: FrameRelay, journal: BeaconJournal, redirect: PeerRedirect?) {
    self.engine = engine
    self.relay = relay
    self.journal = journal
    self.redirect = redirect
  }

  package func attached(_ connection: WSSConnection) {
    let replaces = relay.attach(connection, at: .now())
    journal.attached(connection, replacing: replaces)
    guard let redirect, let text = redirect.text(isOwn: connection.isOwn, peers: engine.wssPeers) else { return }
    // It leaves behind auth_ok, which is written in this turn of the loop.
    connection.tell(text)
    journal.redirected(connection, to: redirect.place)
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
