import PilotTransport
import PilotWire
import Synchronization

/// What users have sent over each transport, and what of it is known to have come through.
extension NodeDriver {
  /// Users' frames, and their bytes, that a transport has sent, over whichever of its paths.
  func sent(over transport: any Transport) -> (frames: UInt64, bytes: UInt64) {
    let counters = transport.counters
    let control = ports.reduce(into: (frames: UInt64(0), bytes: UInt64(0))) { sum, port in
      guard port.transport === transport else { return }
      sum.frames += port.tally.controlSent.load(ordering: .relaxed)
      sum.bytes += port.tally.controlBytesSent.load(ordering: .relaxed)
    }
    // What was taken a moment ago may not be counted as sent yet.
    return (
      counters.framesSent - min(control.frames, counters.framesSent),
      counters.bytesSent - min(control.bytes, counters.bytesSent)
    )
  }

  /// Users' frames that went over a path, but for those that went over another one as well: while there are two, one of them is
  /// the active one.
  private func sentAlone(over port: PathPort) -> UInt64 {
    let frames = sent(over: port.transport).frames
    return frames - min(tally.duplicatesSent.load(ordering: .relaxed), frames)
  }

  /// The beacon is about to be asked something that it answers.
  func noteQuestion(over port: PathPort) {
    guard hasChoice, port.path.kind == .datagrams else { return }
    let sent = sentAlone(over: port)
    port.marks.withLock { $0.ask(after: sent) }
  }

  /// A frame has come: is it an answer?
  func noteAnswer(_ frame: RawSpan, from source: Endpoint) {
    guard let port = ports.first(where: { $0.path.kind == .datagrams && $0.beacon == source }),
      (try? DiscoverReply(parsing: frame)) != nil
    else { return }
    port.marks.withLock { $0.answer() }
  }

  /// Frames go another way.
  func countUnconfirmed(_ change: PathSwitch) {
    guard let from = change.from, change.reason.isFailure, ports[from.index].path.kind == .datagrams else { return }
    let sent = sentAlone(over: ports[from.index])
    tally.unconfirmedSent.count(ports[from.index].marks.withLock { $0.leave(after: sent) })
  }
}
