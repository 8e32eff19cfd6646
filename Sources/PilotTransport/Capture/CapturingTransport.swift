import PilotWire

/// A transport whose frames are captured. All else is the other one's.
final class CapturingTransport: Transport {
  private let base: any Transport
  private let tap: CaptureTap

  init(_ base: any Transport, to tap: CaptureTap) {
    self.base = base
    self.tap = tap
  }

  var localEndpoint: Endpoint { base.localEndpoint }
  var maximumFrameLength: Int { base.maximumFrameLength }
  var counters: TransportCounters { base.counters }
  var events: TransportEvents { base.events }

  func pathMTU(to destination: Endpoint) -> PathMTU? { base.pathMTU(to: destination) }

  func makeReceiver() throws(TransportError) -> Receiver {
    Receiver.tapping(try base.makeReceiver(), tap)
  }

  func send(_ frame: RawSpan, to destination: Endpoint) throws(TransportError) {
    try base.send(frame, to: destination)
    tap.sent(frame, to: destination)
  }

  func send(header: RawSpan, payload: RawSpan, to destination: Endpoint) throws(TransportError) {
    try base.send(header: header, payload: payload, to: destination)
    tap.sent(header, payload, to: destination)
  }

  func send(contentsOf batch: borrowing FrameBatch) throws(TransportError) -> Int {
    let taken = try base.send(contentsOf: batch)
    var cursor = RunCursor()
    batch.forEach(from: &cursor, limit: taken) { frame, destination in tap.sent(frame, to: destination) }
    return taken
  }

  func close() { base.close() }
}

/// A source whose frames are captured as they are lent, from the memory that they lie in.
///
/// Unchecked Sendable because one task at a time calls it, by the contract of FrameSource.
final class TappedSource: FrameSource, @unchecked Sendable {
  private let base: any FrameSource
  private let tap: CaptureTap
  /// What the receiver had been lent and not passed on when it came here.
  private let rest: LentRest?

  init(_ base: any FrameSource, rest: LentRest?, _ tap: CaptureTap) {
    self.base = base
    self.rest = rest
    self.tap = tap
  }

  var life: TransportLife { base.life }

  func nextFrames() async throws(TransportError) -> LentFrames {
    if let lent = unsafe takeRest() { return unsafe lent }
    return unsafe captured(try await base.nextFrames())
  }

  func takeFrames() throws(TransportError) -> LentFrames? {
    if let lent = unsafe takeRest() { return unsafe lent }
    guard let lent = unsafe try base.takeFrames() else { return nil }
    return unsafe captured(lent)
  }

  func interrupt() { base.interrupt() }

  func onReadable(_ wake: @escaping @Sendable () -> Void) { base.onReadable(wake) }

  private func takeRest() -> LentFrames? {
    guard let rest, !rest.isLent else { return nil }
    rest.isLent = true
    return unsafe captured(rest.frames)
  }

  private func captured(_ frames: LentFrames) -> LentFrames {
    var cursor = RunCursor()
    // SAFETY: the source keeps the frames' memory as it is until it is asked for more.
    unsafe frames.forEachFrame(from: &cursor, limit: .max) { frame, source in tap.received(frame, from: source) }
    return unsafe frames
  }
}
