/// Writes messages as the kernel does (netlink(7), rtnetlink(7)), in the machine's own byte order.
enum RouteMessage {
  static func make(type: UInt16, flags: UInt16 = 0, _ body: [UInt8]) -> [UInt8] {
    let length = 16 + body.count
    return padded(bytes(UInt32(length)) + bytes(type) + bytes(flags) + bytes(UInt32(0)) + bytes(UInt32(0)) + body)
  }

  static func link(_ index: UInt32, flags: UInt32, family: UInt8 = 0, type: UInt16 = 16) -> [UInt8] {
    let name = attribute(3, Array("eth0".utf8))
    return make(type: type, [family, 0, 1, 0] + bytes(index) + bytes(flags) + bytes(UInt32.max) + name)
  }

  static func address(
    _ address: [UInt8], on index: UInt32, flags: UInt8 = 0, scope: UInt8 = 0, type: UInt16 = 20,
    extra: [UInt8] = []
  ) -> [UInt8] {
    make(
      type: type,
      [address.count == 4 ? 2 : 10, 24, flags, scope] + bytes(index) + attribute(1, address) + extra)
  }

  static func route(
    family: UInt8 = 2, length: UInt8 = 0, kind: UInt8 = 1, flags: UInt32 = 0, type: UInt16 = 24, _ attributes: [UInt8]
  ) -> [UInt8] {
    make(type: type, [family, length, 0, 0, 254, 3, 0, kind] + bytes(flags) + attributes)
  }

  static func attribute(_ type: UInt16, _ value: [UInt8]) -> [UInt8] {
    padded(bytes(UInt16(4 + value.count)) + bytes(type) + value)
  }

  static func attribute(_ type: UInt16, _ value: UInt32) -> [UInt8] { attribute(type, bytes(value)) }

  static func bytes(_ value: some FixedWidthInteger) -> [UInt8] {
    let little = (0..<value.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
    return UInt16(1).littleEndian == 1 ? little : little.reversed()
  }

  private static func padded(_ bytes: [UInt8]) -> [UInt8] {
    bytes + Array(repeating: 0, count: (4 - bytes.count % 4) % 4)
  }
}
