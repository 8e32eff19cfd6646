/// A reader of pcapng files in little-endian form, written from the draft (draft-ietf-opsawg-pcapng, sections 3 and 4) and the
/// description of LINKTYPE_WIRESHARK_UPPER_PDU, not from what writes them. Strict: what it doesn't expect, it throws.
struct PcapngFile {
  struct Broken: Error {
    let what: String
  }

  struct Interface {
    let linkType: Int
    let name: String
    let details: String
    let resolution: Int
  }

  struct Packet: Equatable {
    let interface: Int
    let nanoseconds: UInt64
    let isInbound: Bool
    /// Missing before it.
    let dropped: UInt64
    let dissector: String
    let source: [UInt8]
    let destination: [UInt8]
    let portKind: UInt64
    let sourcePort: UInt64
    let destinationPort: UInt64
    let frame: [UInt8]
  }

  struct Statistics: Equatable {
    let interface: Int
    let received: UInt64
    let dropped: UInt64
  }

  private(set) var application = ""
  private(set) var interfaces: [Interface] = []
  private(set) var packets: [Packet] = []
  private(set) var statistics: [Statistics] = []

  init(_ bytes: [UInt8]) throws {
    var rest = Fields(bytes[...])
    var isFirst = true
    while !rest.isEmpty {
      let type = try rest.little(4)
      let length = Int(try rest.little(4))
      guard length % 4 == 0, length >= 12 else { throw Broken(what: "a block of \(length) bytes") }
      var body = Fields(try rest.take(length - 12))
      guard try rest.little(4) == UInt64(length) else { throw Broken(what: "a block has two lengths") }
      guard isFirst == (type == 0x0A0D_0D0A) else { throw Broken(what: "the section doesn't come first, and once") }
      isFirst = false
      switch type {
      case 0x0A0D_0D0A: try readSection(&body)
      case 1: try readInterface(&body)
      case 5: try readStatistics(&body)
      case 6: try readPacket(&body)
      default: throw Broken(what: "a block of type \(type)")
      }
    }
  }

  private mutating func readSection(_ body: inout Fields) throws {
    guard try body.little(4) == 0x1A2B_3C4D, try body.little(2) == 1, try body.little(2) == 0,
      try body.little(8) == .max
    else { throw Broken(what: "the section's head") }
    application = String(decoding: try body.options()[4] ?? [], as: UTF8.self)
  }

  private mutating func readInterface(_ body: inout Fields) throws {
    let linkType = Int(try body.little(2))
    guard try body.little(2) == 0, try body.little(4) == 0 else { throw Broken(what: "the interface's head") }
    let options = try body.options()
    interfaces.append(
      Interface(
        linkType: linkType, name: String(decoding: options[2] ?? [], as: UTF8.self),
        details: String(decoding: options[3] ?? [], as: UTF8.self), resolution: Int(options[9]?.first ?? 6)))
  }

  private mutating func readStatistics(_ body: inout Fields) throws {
    let interface = Int(try body.little(4))
    _ = try body.take(8)
    let options = try body.options()
    guard let received = options[4], let dropped = options[5], interface < interfaces.count else {
      throw Broken(what: "the statistics")
    }
    statistics.append(
      Statistics(interface: interface, received: try Self.number(received), dropped: try Self.number(dropped)))
  }

  private mutating func readPacket(_ body: inout Fields) throws {
    let interface = Int(try body.little(4))
    guard interface < interfaces.count else { throw Broken(what: "interface \(interface) isn't there yet") }
    let time = try body.little(4) << 32 | (try body.little(4))
    let captured = Int(try body.little(4))
    guard try body.little(4) == UInt64(captured) else { throw Broken(what: "a packet that is cut off") }
    var data = Fields(try body.take(captured))
    _ = try body.take((4 - captured % 4) % 4)
    let options = try body.options()
    guard let direction = try options[2].map(Self.number), direction == 1 || direction == 2 else {
      throw Broken(what: "a packet without a direction")
    }
    let tags = try data.tags()
    packets.append(
      Packet(
        interface: interface, nanoseconds: time, isInbound: direction == 1,
        dropped: try options[4].map(Self.number) ?? 0,
        dissector: String(decoding: (tags[12] ?? []).prefix { $0 != 0 }, as: UTF8.self),
        source: tags[20] ?? tags[22] ?? [], destination: tags[21] ?? tags[23] ?? [],
        portKind: Self.big(tags[24] ?? []), sourcePort: Self.big(tags[25] ?? []),
        destinationPort: Self.big(tags[26] ?? []), frame: data.all))
  }

  private static func number(_ bytes: [UInt8]) throws -> UInt64 {
    var fields = Fields(bytes[...])
    return try fields.little(bytes.count)
  }

  private static func big(_ bytes: [UInt8]) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
}

/// What is left of a block, read from the front.
private struct Fields {
  private var rest: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) {
    rest = bytes
  }

  var isEmpty: Bool { rest.isEmpty }
  var all: [UInt8] { Array(rest) }

  mutating func take(_ count: Int) throws -> ArraySlice<UInt8> {
    guard count >= 0, rest.count >= count else { throw PcapngFile.Broken(what: "cut off") }
    defer { rest = rest.dropFirst(count) }
    return rest.prefix(count)
  }

  mutating func little(_ count: Int) throws -> UInt64 {
    try take(count).reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// `code:2 · length:2 · value`, padded to 4, up to the end of options, which must be the end.
  mutating func options() throws -> [UInt64: [UInt8]] {
    var options: [UInt64: [UInt8]] = [:]
    while true {
      let (code, length) = (try little(2), Int(try little(2)))
      if code == 0 {
        guard length == 0, isEmpty else { throw PcapngFile.Broken(what: "options behind the last one") }
        return options
      }
      options[code] = Array(try take(length))
      guard try take((4 - length % 4) % 4).allSatisfy({ $0 == 0 }) else { throw PcapngFile.Broken(what: "padding") }
    }
  }

  /// `tag:2 · length:2 · value`, big-endian, each a multiple of 4 long, up to tag 0.
  mutating func tags() throws -> [UInt64: [UInt8]] {
    var tags: [UInt64: [UInt8]] = [:]
    while true {
      let (tag, length) = (try big(2), Int(try big(2)))
      if tag == 0 { return tags }
      guard length % 4 == 0 else { throw PcapngFile.Broken(what: "a tag of \(length) bytes") }
      tags[tag] = Array(try take(length))
    }
  }

  private mutating func big(_ count: Int) throws -> UInt64 { try take(count).reduce(0) { $0 << 8 | UInt64($1) } }
}
