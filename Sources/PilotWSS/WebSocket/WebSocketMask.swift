/// The masking of RFC 6455, section 5.3: octet `i` of a payload is XORed with octet `i mod 4` of its frame's key.
/// Masking and unmasking are the same operation.
package struct WebSocketMask: Equatable, Sendable {
  /// The key with its first octet in the lowest eight bits, whatever the machine's byte order.
  private let key: UInt32

  /// A mask whose key's first octet on the wire is the lowest eight bits of `key`.
  @inline(__always)
  package init(key: UInt32) {
    self.key = key
  }

  /// Reads the four octets of a key at `offset`, which must be in bounds.
  @inline(__always)
  init(reading bytes: RawSpan, at offset: Int) {
    // SAFETY: the load checks its bounds and needs no alignment, and any four octets are a valid UInt32.
    self.key = UInt32(littleEndian: unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self))
  }

  /// The mask for what follows the first `count` octets of a payload: it makes a payload that comes in parts right.
  @inline(__always)
  package func advanced(by count: Int) -> WebSocketMask {
    let shift = UInt32(truncatingIfNeeded: count & 3) &* 8
    return WebSocketMask(key: key &>> shift | key &<< ((32 &- shift) & 31))
  }

  /// Appends the key's four octets.
  @inline(__always)
  @_lifetime(output: copy output)
  func appendKey(to output: inout OutputRawSpan) {
    // SAFETY: the append checks its bounds; a UInt32 has no padding.
    unsafe output.append(key.littleEndian, as: UInt32.self)
  }

  /// Appends a copy of `source`, XORed. The source is never written to: it is often a read buffer that TLS still refers
  /// to, and would be copied as a whole on the first write.
  @inline(__always)
  @_lifetime(output: copy output)
  package func append(_ source: RawSpan, to output: inout OutputRawSpan) {
    let count = source.byteCount
    precondition(count <= output.freeCapacity)
    // SAFETY: `count` octets are readable at `from`, and were just checked to be writable at `to`. An output span is
    // exclusive, so the two don't overlap. `xor` touches exactly these octets, and initialises all of them.
    unsafe source.withUnsafeBytes { input in
      unsafe output.withUnsafeMutableBytes { memory, initialized in
        guard let from = input.baseAddress, let start = memory.baseAddress else { return }
        unsafe xor(count, from: from, to: start + initialized)
        initialized &+= count
      }
    }
  }

  /// By 32 octets, then by 8, then the rest as one word that overlaps what is already done.
  @unsafe
  @inline(__always)
  private func xor(_ count: Int, from: UnsafeRawPointer, to: UnsafeMutableRawPointer) {
    let word = (UInt64(key) | UInt64(key) << 32).littleEndian
    let vector = SIMD4<UInt64>(repeating: word)
    var offset = 0
    while offset &+ 32 <= count {
      let octets = unsafe from.loadUnaligned(fromByteOffset: offset, as: SIMD4<UInt64>.self)
      unsafe to.storeBytes(of: octets ^ vector, toByteOffset: offset, as: SIMD4<UInt64>.self)
      offset &+= 32
    }
    while offset &+ 8 <= count {
      let octets = unsafe from.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
      unsafe to.storeBytes(of: octets ^ word, toByteOffset: offset, as: UInt64.self)
      offset &+= 8
    }
    if offset < count, count >= 8 {
      // Source and destination are distinct, so doing some octets twice gives the same result.
      let last = count &- 8
      let phase = advanced(by: last).key
      let octets = unsafe from.loadUnaligned(fromByteOffset: last, as: UInt64.self)
      let turned = (UInt64(phase) | UInt64(phase) << 32).littleEndian
      unsafe to.storeBytes(of: octets ^ turned, toByteOffset: last, as: UInt64.self)
      return
    }
    while offset < count {
      let octet = unsafe from.load(fromByteOffset: offset, as: UInt8.self)
      let mask = UInt8(truncatingIfNeeded: key &>> (UInt32(truncatingIfNeeded: offset & 3) &* 8))
      unsafe to.storeBytes(of: octet ^ mask, toByteOffset: offset, as: UInt8.self)
      offset &+= 1
    }
  }
}
