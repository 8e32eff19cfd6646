/// CRC-32 as IEEE 802.3 defines it: reflected polynomial 0xEDB88320, all ones in, inverted out.
///
/// Sixteen bytes a step through sixteen tables ("slicing", Kounavis and Berry 2008), because a table lookup doesn't depend
/// on the one before it then.
public enum CRC32 {
  /// The checksum of `bytes`.
  public static func checksum(_ bytes: RawSpan) -> UInt32 {
    update(0, with: bytes)
  }

  /// The checksum of something longer: that of the bytes so far, continued with `bytes`.
  ///
  /// - Parameters:
  ///   - checksum: the checksum of what comes before, or 0 for nothing.
  ///   - bytes: what follows.
  public static func update(_ checksum: UInt32, with bytes: RawSpan) -> UInt32 {
    // The tables are taken once a call: each access to a global goes through its initialisation check.
    // SAFETY: the pointer is used inside the closure only. Every index below is a table number 0...15 times 256 plus a
    // byte, so less than 4,096, which is how many entries there are.
    unsafe tables.withUnsafeBufferPointer { buffer in
      guard let table = buffer.baseAddress else { return checksum }
      return unsafe run(~checksum, bytes, table)
    }
  }

  /// The checksum of the bytes so far, continued with four zero bytes.
  static func updateWithFourZeros(_ checksum: UInt32) -> UInt32 {
    let zeros: InlineArray<4, UInt8> = [0, 0, 0, 0]
    return update(checksum, with: zeros.span.raw)
  }

  @inline(__always)
  private static func run(_ seed: UInt32, _ bytes: RawSpan, _ table: UnsafePointer<UInt32>) -> UInt32 {
    var crc = seed
    var offset = 0
    while bytes.byteCount - offset >= 16 {
      let first = littleEndian(bytes, offset) ^ UInt64(crc)
      let second = littleEndian(bytes, offset + 8)
      // SAFETY: see `update`; `fold` reads tables 8...15 for the first word and 0...7 for the second.
      crc = unsafe fold(first, table + 8 * 256) ^ fold(second, table)
      offset += 16
    }
    if bytes.byteCount - offset >= 8 {
      // SAFETY: see `update`.
      crc = unsafe fold(littleEndian(bytes, offset) ^ UInt64(crc), table)
      offset += 8
    }
    while offset < bytes.byteCount {
      // SAFETY: see `update`; the index is a byte.
      crc = unsafe table[Int((crc ^ UInt32(bytes.byte(at: offset))) & 0xFF)] ^ crc >> 8
      offset += 1
    }
    return ~crc
  }

  /// What eight bytes add, the first of which has seven more behind it.
  @inline(__always)
  private static func fold(_ word: UInt64, _ table: UnsafePointer<UInt32>) -> UInt32 {
    // SAFETY: each index is a table number 0...7 times 256 plus a byte; the caller passes eight tables at least.
    let low =
      unsafe table[7 * 256 + Int(word & 0xFF)] ^ table[6 * 256 + Int(word >> 8 & 0xFF)]
      ^ table[5 * 256 + Int(word >> 16 & 0xFF)] ^ table[4 * 256 + Int(word >> 24 & 0xFF)]
    let high =
      unsafe table[3 * 256 + Int(word >> 32 & 0xFF)] ^ table[2 * 256 + Int(word >> 40 & 0xFF)]
      ^ table[256 + Int(word >> 48 & 0xFF)] ^ table[Int(word >> 56)]
    return low ^ high
  }

  @inline(__always)
  private static func littleEndian(_ bytes: RawSpan, _ offset: Int) -> UInt64 {
    // SAFETY: the load is bounds-checked and unaligned, and any bit pattern is a UInt64.
    UInt64(littleEndian: unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
  }

  /// Table `t`, entry `b` at `256 * t + b`: what the byte `b` adds when `t` zero bytes follow it. 16 KiB.
  private static let tables: [UInt32] = {
    var tables: [UInt32] = (0..<256).map { byte in
      (0..<8).reduce(UInt32(byte)) { value, _ in value >> 1 ^ (value & 1 == 0 ? 0 : 0xEDB8_8320) }
    }
    for index in 256..<16 * 256 {
      let shorter = tables[index - 256]
      tables.append(shorter >> 8 ^ tables[Int(shorter & 0xFF)])
    }
    return tables
  }()
}
