#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// Masking keys from the system's secure generator, 256 per draw: a peer that chooses the payload must not be able to
/// predict the key (RFC 6455, section 10.3), and a system call per frame would cost more than the frame.
///
/// A pool that was never asked for a key holds no memory; one that was holds 1 KiB.
package struct MaskingKeyPool: Sendable {
  private var keys: [UInt32] = []

  package init() {}

  /// A key that was never handed out before.
  @inline(__always)
  package mutating func next() -> WebSocketMask {
    if keys.isEmpty { refill() }
    return WebSocketMask(key: keys.removeLast())
  }

  @inline(never)
  private mutating func refill() {
    keys.append(contentsOf: repeatElement(0, count: 256))
    // SAFETY: getentropy(3) fills 256 octets per call, its most; all of them lie in the array's 1,024.
    let isFilled = unsafe keys.withUnsafeMutableBytes { memory in
      stride(from: 0, to: memory.count, by: 256).allSatisfy { offset in
        unsafe getentropy(memory.baseAddress.map { unsafe $0 + offset }, 256) == 0
      }
    }
    if isFilled { return }
    // A kernel or a sandbox without getrandom(2). The standard library knows other sources, one word per call.
    var generator = SystemRandomNumberGenerator()
    for index in keys.indices { keys[index] = generator.next() }
  }
}
