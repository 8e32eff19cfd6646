import PilotTransport
import PilotWire

/// Sending where the first path's first address isn't all that there is.
extension NodeDriver {
  /// Sends a frame over the path that carries, and over the other one as well while there are two.
  ///
  /// A path that has been left meanwhile refuses it; the frame goes the new way then, at most once around.
  ///
  /// Never inlined, like what is beside it, so that this costs nothing where it is not so.
  ///
  /// - Throws: Why the active path didn't take it, if no other has.
  @inline(never)
  func send(header: RawSpan, payload: RawSpan) throws(TransportError) {
    let carriage = carriageWord
    guard let first = carriage.first else { throw hasChoice ? .reconnecting : .closed }
    do throws(TransportError) {
      try send(header: header, payload: payload, over: ports[first])
    } catch {
      if let second = carriage.second { return try send(header: header, payload: payload, over: ports[second]) }
      _ = refused(PathID(first), error.code)
      guard let other = carriageWord.first, other != first else { throw error }
      return try send(header: header, payload: payload, over: ports[other])
    }
    guard let second = carriage.second else { return }
    // Whether the second takes it, too, nobody is promised: the first has.
    if (try? send(header: header, payload: payload, over: ports[second])) != nil { tally.duplicatesSent.count() }
  }

  /// Sends a frame that the first path hasn't taken, if there is another way by now.
  ///
  /// - Throws: Why it hasn't, if there is none.
  @inline(never)
  func send(header: RawSpan, payload: RawSpan, refusedWith error: TransportError) throws(TransportError) {
    guard refused(PathID(0), error.code) else { throw error }
    try send(header: header, payload: payload)
  }

  private func send(header: RawSpan, payload: RawSpan, over port: PathPort) throws(TransportError) {
    try port.outlet.send(header: header, payload: payload, to: port.beacon)
  }

  /// Sends the frames of a batch in the same way: those that are for the beacon of the only path that carries together, and others
  /// one by one.
  func send(contentsOf batch: borrowing FrameBatch) throws(TransportError) -> Int {
    let carriage = carriageWord
    if let first = carriage.first, carriage.second == nil, batch.countFront(to: ports[first].beacon) == batch.count {
      do throws(TransportError) {
        return try ports[first].transport.send(contentsOf: batch)
      } catch {
        guard refused(PathID(first), error.code) else { throw error }
      }
    }
    var taken = 0
    var failure: TransportError?
    batch.forEach { frame, _ in
      guard failure == nil else { return }
      do throws(TransportError) {
        try send(header: RawSpan(), payload: frame)
        taken += 1
      } catch {
        failure = error
      }
    }
    if taken == 0, let failure { throw failure }
    return taken
  }
}
