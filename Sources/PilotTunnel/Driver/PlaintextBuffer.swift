import PilotWire

/// Where what the reading task opens is written: one packet at a time.
///
/// Unchecked Sendable because it goes with its ``TunnelReader``, which one task has.
@safe
final class PlaintextBuffer: @unchecked Sendable {
  private let memory: UnsafeMutableRawBufferPointer

  init() {
    unsafe memory = .allocate(byteCount: FrameLimits.maximumOverUDPv4 + 1, alignment: 64)
    unsafe memory.initializeMemory(as: UInt8.self, repeating: 0)
  }

  deinit {
    // What was confidential stays nowhere.
    unsafe memory.initializeMemory(as: UInt8.self, repeating: 0)
    unsafe memory.deallocate()
  }

  /// Lends it to be written to.
  func withBytes<Result>(_ body: (inout MutableRawSpan) -> Result) -> Result {
    // SAFETY: the memory lives as long as self, is initialised, and nobody else uses it meanwhile.
    var bytes = unsafe MutableRawSpan(_unsafeBytes: memory)
    return body(&bytes)
  }

  /// Lends a part of it to be read.
  func withBytes(_ range: Range<Int>, _ body: (RawSpan) -> Void) {
    // SAFETY: as above; the range is checked.
    body(unsafe RawSpan(_unsafeBytes: UnsafeRawBufferPointer(memory)).extracting(range))
  }
}
