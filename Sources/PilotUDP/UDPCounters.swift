internal import PilotTransport
internal import Synchronization

/// What went through, counted from any thread. Each count is exact; a snapshot under traffic can be a frame or two apart.
final class UDPCounters: Sendable {
  private let framesSent = Atomic<UInt64>(0)
  private let bytesSent = Atomic<UInt64>(0)
  private let refused = Atomic<UInt64>(0)
  private let framesReceived = Atomic<UInt64>(0)
  private let bytesReceived = Atomic<UInt64>(0)
  private let truncated = Atomic<UInt64>(0)
  private let kernelDrops = Atomic<UInt64>(0)
  private let unread = Atomic<UInt64>(0)
  private let unreachable = Atomic<UInt64>(0)
  private let pathMTU = Atomic<UInt64>(0)
  private let withoutLocal = Atomic<UInt64>(0)
  private let fromElsewhere = Atomic<UInt64>(0)

  func addSent(_ frames: Int, bytes: Int) {
    framesSent.wrappingAdd(UInt64(frames), ordering: .relaxed)
    bytesSent.wrappingAdd(UInt64(bytes), ordering: .relaxed)
  }

  func addReceived(_ frames: Int, bytes: Int) {
    framesReceived.wrappingAdd(UInt64(frames), ordering: .relaxed)
    bytesReceived.wrappingAdd(UInt64(bytes), ordering: .relaxed)
  }

  func addRefused(_ count: Int) { refused.wrappingAdd(UInt64(count), ordering: .relaxed) }
  func addTruncated() { truncated.wrappingAdd(1, ordering: .relaxed) }
  func addKernelDrops(_ count: UInt32) { kernelDrops.wrappingAdd(UInt64(count), ordering: .relaxed) }
  func addUnread(_ count: Int) { unread.wrappingAdd(UInt64(count), ordering: .relaxed) }
  func addUnreachable() { unreachable.wrappingAdd(1, ordering: .relaxed) }
  func addPathMTU() { pathMTU.wrappingAdd(1, ordering: .relaxed) }
  func addWithoutLocal(_ count: Int) { withoutLocal.wrappingAdd(UInt64(count), ordering: .relaxed) }
  func addFromElsewhere() { fromElsewhere.wrappingAdd(1, ordering: .relaxed) }

  var snapshot: TransportCounters {
    var counters = TransportCounters()
    counters.framesSent = framesSent.load(ordering: .relaxed)
    counters.bytesSent = bytesSent.load(ordering: .relaxed)
    counters.framesReceived = framesReceived.load(ordering: .relaxed)
    counters.bytesReceived = bytesReceived.load(ordering: .relaxed)
    counters.unreachableReports = unreachable.load(ordering: .relaxed)
    counters.pathMTUReports = pathMTU.load(ordering: .relaxed)
    counters.framesWithoutLocal = withoutLocal.load(ordering: .relaxed)
    counters.framesFromElsewhere = fromElsewhere.load(ordering: .relaxed)
    counters.drops[.refusedByKernel] = refused.load(ordering: .relaxed)
    counters.drops[.truncated] = truncated.load(ordering: .relaxed)
    counters.drops[.kernelBufferFull] = kernelDrops.load(ordering: .relaxed)
    counters.drops[.closedBeforeReading] = unread.load(ordering: .relaxed)
    return counters
  }
}
