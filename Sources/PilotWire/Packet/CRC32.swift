internal import CPilotCRC

/// CRC-32 as IEEE 802.3 defines it: reflected polynomial 0xEDB88320, all ones in, inverted out.
///
/// Long pieces by the processor's own instructions, where it has them. Anything else sixteen bytes a step through sixteen tables ("slicing", Kounavis and Berry 2008). Only four of a step's sixteen lookups
/// depend on the step before; the others are done one step ahead, so that they don't lengthen the chain.
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
    unsafe withTables { table in unsafe ~run(~checksum, bytes, table) }
  }

  /// The checksum of a packet, with anything where its own stands, which counts as zeros: bytes 30 to 33, which the caller made
  /// sure are there.
  ///
  /// A header alone is most of what a small packet costs: it is taken in two steps of sixteen bytes, the second with its
  /// last two masked out, and one of two bytes.
  static func checksum(ofPacket packet: RawSpan) -> UInt32 {
    unsafe withTables { table in
      if packet.byteCount >= CPILOT_CRC32_SHORTEST, cpilot_crc32_can_fold() {
        let (crc, offset) = foldPacket(packet)
        return unsafe ~run(crc, packet.extracting(droppingFirst: offset), table)
      }
      let first = unsafe Block(packet, 0, table)
      let second = unsafe Block(packet, 16, table, mask: 0xFFFF)
      // SAFETY: see `withTables`; four tables from the twelfth on, then the first two.
      var crc = unsafe fold(first.head ^ ~0, table + 12 * 256) ^ first.rest
      crc = unsafe fold(second.head ^ crc, table + 12 * 256) ^ second.rest
      crc = unsafe table[256 + Int(crc & 0xFF)] ^ table[Int(crc >> 8 & 0xFF)] ^ crc >> 16
      return unsafe ~run(crc, packet.extracting(droppingFirst: 34), table)
    }
  }

  /// The tables are taken once a call: each access to a global goes through its initialisation check.
  @inline(__always)
  private static func withTables(_ body: (UnsafePointer<UInt32>) -> UInt32) -> UInt32 {
    // SAFETY: the pointer is used inside the closure only. Every index used with it is a table number 0...15 times 256
    // plus a byte, so less than 4,096, which is how many entries there are.
    unsafe tables.withUnsafeBufferPointer { buffer in
      guard let table = buffer.baseAddress else { return 0 }
      return unsafe body(table)
    }
  }

  @inline(__always)
  private static func run(_ seed: UInt32, _ bytes: RawSpan, _ table: UnsafePointer<UInt32>) -> UInt32 {
    var crc = seed
    var offset = 0
    if bytes.byteCount >= CPILOT_CRC32_SHORTEST, cpilot_crc32_can_fold() { (crc, offset) = fold(seed, bytes) }
    if bytes.byteCount &- offset >= 16 {
      let last = bytes.byteCount &- 16
      var block = unsafe Block(bytes, offset, table)
      while true {
        let current = block
        offset &+= 16
        let isLast = offset > last
        if !isLast { block = unsafe Block(bytes, offset, table) }
        // SAFETY: see `withTables`; four tables from the twelfth on.
        crc = unsafe fold(current.head ^ crc, table + 12 * 256) ^ current.rest
        if isLast { break }
      }
    }
    while bytes.byteCount &- offset >= 4 {
      // SAFETY: see `withTables`; tables 0...3.
      crc = unsafe fold(littleEndian(bytes, offset) ^ crc, table)
      offset &+= 4
    }
    while offset < bytes.byteCount {
      // SAFETY: see `withTables`; the index is a byte.
      crc = unsafe table[Int((crc ^ UInt32(bytes.byte(at: offset))) & 0xFF)] ^ crc >> 8
      offset &+= 1
    }
    return crc
  }

  /// - Returns: The checksum so far, and how many bytes that is: all but fifteen at most.
  private static func fold(_ seed: UInt32, _ bytes: RawSpan) -> (crc: UInt32, offset: Int) {
    let length = bytes.byteCount & ~15
    // SAFETY: the bytes live for the call; `length` is a multiple of 16, and no less than what is asked for.
    return unsafe bytes.withUnsafeBytes { buffer in
      guard let start = buffer.baseAddress else { return (seed, 0) }
      return unsafe (cpilot_crc32_fold(seed, start.assumingMemoryBound(to: UInt8.self), length), length)
    }
  }

  /// The same from the start of a packet.
  private static func foldPacket(_ packet: RawSpan) -> (crc: UInt32, offset: Int) {
    let length = packet.byteCount & ~15
    // SAFETY: as above.
    return unsafe packet.withUnsafeBytes { buffer in
      guard let start = buffer.baseAddress else { return (~0, 0) }
      return unsafe (cpilot_crc32_fold_packet(start.assumingMemoryBound(to: UInt8.self), length), length)
    }
  }

  /// Sixteen bytes: the first four as they are, and what the other twelve add.
  private struct Block {
    let head: UInt32
    let rest: UInt32

    @inline(__always)
    init(_ bytes: RawSpan, _ offset: Int, _ table: UnsafePointer<UInt32>, mask: UInt32 = ~0) {
      head = littleEndian(bytes, offset)
      // SAFETY: see `withTables`; four tables each from the eighth, the fourth and the first on.
      rest =
        unsafe fold(littleEndian(bytes, offset &+ 4), table + 8 * 256)
        ^ fold(littleEndian(bytes, offset &+ 8), table + 4 * 256)
        ^ fold(littleEndian(bytes, offset &+ 12) & mask, table)
    }
  }

  /// What four bytes add, through four tables: the first byte has the most bytes behind it, and so the last table.
  @inline(__always)
  private static func fold(_ word: UInt32, _ table: UnsafePointer<UInt32>) -> UInt32 {
    // SAFETY: each index is a table number 0...3 times 256 plus a byte; the caller passes four tables at least.
    unsafe table[3 * 256 + Int(word & 0xFF)] ^ table[2 * 256 + Int(word >> 8 & 0xFF)]
      ^ table[256 + Int(word >> 16 & 0xFF)] ^ table[Int(word >> 24)]
  }

  @inline(__always)
  private static func littleEndian(_ bytes: RawSpan, _ offset: Int) -> UInt32 {
    // SAFETY: the load is bounds-checked and unaligned, and any bit pattern is a UInt32.
    UInt32(littleEndian: unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self))
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
