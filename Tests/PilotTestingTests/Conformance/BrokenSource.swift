import PilotTransport
import PilotWire
import Synchronization

@testable import PilotTesting

/// The receiving half of a ``BrokenTransport``.
final class BrokenSource: FrameSource {
  /// Not the transport's for some faults: with a life of its own the receiver can't know of the close.
  let life: TransportLife
  private let base: InMemoryTransport
  private let fault: Fault
  /// Where faults that change frames keep the changed ones.
  private let changed = FrameQueue()
  /// The address of the last lent byte that a receiver may still see.
  private let lentByte = Mutex<UInt?>(nil)

  init(_ base: InMemoryTransport, _ fault: Fault) {
    self.base = base
    self.fault = fault
    life = fault == .deliversAfterClose || fault == .ignoresClose ? TransportLife() : base.queue.life
  }

  func interrupt() {}

  func nextFrames() async throws(TransportError) -> LentFrames {
    let lent: LentFrames
    do {
      unsafe lent = try await base.queue.nextFrames()
    } catch {
      switch (fault, error.code) {
      case (.ignoresClose, .closed): await Self.hang()
      case (.wakesLate, .closed): try? await Task.sleep(for: .seconds(1))
      case (.ignoresCancellation, .cancelled): throw .closed
      default: break
      }
      throw error
    }
    switch fault {
    case .diesOfUnreachable where base.counters.unreachableReports > 0:
      throw TransportError(code: .unreachable, message: "the network is unreachable")
    case .forgesSources, .reversesReceived, .losesEndOfReceived:
      return unsafe try await change(lent)
    case .reusesLentMemory:
      let first = unsafe lent.runs.first { unsafe $0.byteCount > 0 }
      let address = unsafe first.map { unsafe UInt(bitPattern: $0.start) }
      lentByte.withLock { $0 = address }
      return unsafe lent
    default:
      return unsafe lent
    }
  }

  func takeFrames() throws(TransportError) -> LentFrames? { unsafe try base.queue.takeFrames() }

  func onReadable(_ wake: @escaping @Sendable () -> Void) { base.queue.onReadable(wake) }

  private func change(_ lent: LentFrames) async throws(TransportError) -> LentFrames {
    var frames: [(bytes: [UInt8], source: Endpoint)] = []
    for index in unsafe lent.runs.indices {
      unsafe lent.runs[index].forEachFrame { frames.append(($0.copied(), $1)) }
    }
    switch fault {
    case .forgesSources: for index in frames.indices { frames[index].source = .wssBeacon }
    case .reversesReceived: frames.reverse()
    default: frames.removeLast(frames.count - 1)
    }
    for frame in frames { unsafe changed.push(frame.bytes.span.bytes, from: frame.source) }
    return unsafe try await changed.nextFrames()
  }

  /// Something arrived: a source that reads into the memory that it has lent changes it.
  func overwriteLentMemory() {
    lentByte.withLock { address in
      guard let address, let byte = unsafe UnsafeMutablePointer<UInt8>(bitPattern: address) else { return }
      // SAFETY: the queue keeps the chunk, and the one task of the test that sends is the one that reads.
      unsafe byte.pointee &+= 1
    }
  }

  /// Until the watchdog cancels it.
  private static func hang() async {
    while !Task.isCancelled { try? await Task.sleep(for: .seconds(3_600)) }
  }
}
