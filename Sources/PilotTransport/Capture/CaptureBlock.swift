import PilotWire

/// The blocks of a pcapng file (draft-ietf-opsawg-pcapng), in little-endian form, as far as a capture of frames has them:
///
/// ```text
/// type:4 · length:4 · body · options · length:4          each part padded to 4 bytes
///
///   0x0A0D0D0A  section   0x1A2B3C4D · 1:2 · 0:2 · -1:8                             shb_userappl
///   0x00000001  interface link type:2 · 0:2 · 0:4                                   if_name, if_description, if_tsresol
///   0x00000006  packet    interface:4 · time:4+4 · captured:4 · original:4 · data   epb_flags, epb_dropcount
///   0x00000005  statistics  interface:4 · time:4+4                                  isb_ifrecv, isb_ifdrop
/// ```
///
/// The link type is LINKTYPE_WIRESHARK_UPPER_PDU, 252: what stands before a frame says which dissector is to look at it, and
/// from where to where it went. It needs no setting in the reader, as LINKTYPE_USER0 would, shows addresses, and makes up no
/// headers that never were on a wire, of which IPv4's could not even hold the longest frame of a WebSocket.
enum CaptureBlock {
  static let linkType: UInt16 = 252
  /// What an interface's statistics take at most, in bytes.
  static let statisticsLength = 12 + 12 + 2 * 12 + 4
  /// The dissector's name, padded. Wireshark reads up to the zero.
  private static let dissector: [UInt8] = Array("pilot\0\0\0".utf8)

  private enum Kind {
    static let section: UInt32 = 0x0A0D_0D0A
    static let interface: UInt32 = 1
    static let statistics: UInt32 = 5
    static let packet: UInt32 = 6
  }

  /// Begins the file.
  static func section(application: String) -> [UInt8] {
    block(Kind.section) { body in
      body.append(little: 0x1A2B_3C4D as UInt32)
      body.append(little: 1 as UInt16)
      body.append(little: 0 as UInt16)
      // The section's length isn't known.
      body.append(little: UInt64.max)
      body.append(option: 4, Array(application.utf8))
      body.appendEndOfOptions()
    }
  }

  /// An interface; the first one has the number 0. Its times are in nanoseconds.
  static func interface(_ path: CapturePath) -> [UInt8] {
    block(Kind.interface) { body in
      body.append(little: linkType)
      body.append(little: 0 as UInt16)
      body.append(little: 0 as UInt32)
      body.append(option: 2, Array(path.name.utf8.prefix(Int(UInt16.max))))
      body.append(option: 3, Array(path.details.utf8.prefix(Int(UInt16.max))))
      body.append(option: 9, [9])
      body.appendEndOfOptions()
    }
  }

  /// What came of an interface.
  ///
  /// - Parameters:
  ///   - received: Frames that there were.
  ///   - dropped: Those of them that the file doesn't have.
  static func statistics(interface: UInt32, at time: UInt64, received: UInt64, dropped: UInt64) -> [UInt8] {
    block(Kind.statistics) { body in
      body.append(little: interface)
      body.append(time: time)
      body.append(option: 4, received)
      body.append(option: 5, dropped)
      body.appendEndOfOptions()
    }
  }

  /// How long the block of a frame is, in bytes.
  static func packetLength(_ frame: Int, from source: Endpoint, to destination: Endpoint, dropped: UInt64) -> Int {
    let address = source.isIPv4 && destination.isIPv4 ? 4 : 16
    let head = 4 + dissector.count + 2 * (4 + address) + 3 * 8 + 4
    return 32 + padded(head + frame) + 8 + (dropped > 0 ? 12 : 0) + 4
  }

  /// Puts a frame behind what is there.
  ///
  /// - Parameters:
  ///   - time: In nanoseconds since 1970.
  ///   - dropped: Frames of its interface that were left out since the last one.
  static func appendPacket(
    _ header: RawSpan, _ payload: RawSpan, _ direction: CaptureDirection, interface: UInt32, isDatagram: Bool,
    from source: Endpoint, to destination: Endpoint, at time: UInt64, dropped: UInt64, to output: inout [UInt8]
  ) {
    let length = header.byteCount + payload.byteCount
    let whole = packetLength(length, from: source, to: destination, dropped: dropped)
    let start = output.count
    output.append(little: Kind.packet)
    output.append(little: UInt32(truncatingIfNeeded: whole))
    output.append(little: interface)
    output.append(time: time)
    let place = output.count
    output.append(little: 0 as UInt64)
    let data = output.count
    appendHead(isDatagram: isDatagram, from: source, to: destination, to: &output)
    output.append(header)
    output.append(payload)
    let captured = UInt32(truncatingIfNeeded: output.count - data)
    output.store(little: captured, at: place)
    output.store(little: captured, at: place + 4)
    output.pad(from: data)
    output.append(little: 2 as UInt16)
    output.append(little: 4 as UInt16)
    output.append(little: direction == .inbound ? 1 : 2 as UInt32)
    if dropped > 0 { output.append(option: 4, dropped) }
    output.appendEndOfOptions()
    output.append(little: UInt32(truncatingIfNeeded: output.count + 4 - start))
  }

  /// `tag:2 · length:2 · value`, big-endian, the lengths multiples of 4: the dissector's name, both addresses, the kind of
  /// the ports (UDP is 3, TCP 2), both ports, and the end.
  private static func appendHead(
    isDatagram: Bool, from source: Endpoint, to destination: Endpoint, to output: inout [UInt8]
  ) {
    output.append(tag: 12, dissector)
    if source.isIPv4, destination.isIPv4 {
      output.append(tag: 20, source.ipv4Address ?? 0)
      output.append(tag: 21, destination.ipv4Address ?? 0)
    } else {
      output.append(tag: 22, address: source)
      output.append(tag: 23, address: destination)
    }
    output.append(tag: 24, isDatagram ? 3 : 2 as UInt32)
    output.append(tag: 25, UInt32(source.port))
    output.append(tag: 26, UInt32(destination.port))
    output.append(big: 0 as UInt32)
  }

  /// The whole blocks at the front of `bytes`: how long they are together, and how many of them hold frames.
  static func whole(in bytes: ArraySlice<UInt8>) -> (length: Int, frames: UInt64) {
    var (end, frames): (Int, UInt64) = (bytes.startIndex, 0)
    while bytes.endIndex - end >= 12 {
      let length = Int(bytes.little(at: end + 4))
      guard length >= 12, length <= bytes.endIndex - end else { break }
      if bytes.little(at: end) == Kind.packet { frames += 1 }
      end += length
    }
    return (end - bytes.startIndex, frames)
  }

  private static func block(_ kind: UInt32, _ fill: (inout [UInt8]) -> Void) -> [UInt8] {
    var body: [UInt8] = []
    fill(&body)
    var block: [UInt8] = []
    let length = UInt32(truncatingIfNeeded: body.count + 12)
    block.append(little: kind)
    block.append(little: length)
    block += body
    block.append(little: length)
    return block
  }

  private static func padded(_ length: Int) -> Int { (length + 3) & ~3 }
}

extension ArraySlice<UInt8> {
  fileprivate func little(at index: Int) -> UInt32 {
    (0..<4).reduce(0) { $0 | UInt32(self[index + $1]) << (8 * UInt32($1)) }
  }
}

extension [UInt8] {
  fileprivate mutating func append(little number: some FixedWidthInteger & UnsignedInteger) {
    for shift in stride(from: 0, to: number.bitWidth, by: 8) { append(UInt8(truncatingIfNeeded: number >> shift)) }
  }

  fileprivate mutating func append(big number: some FixedWidthInteger & UnsignedInteger) {
    for shift in stride(from: number.bitWidth - 8, through: 0, by: -8) {
      append(UInt8(truncatingIfNeeded: number >> shift))
    }
  }

  fileprivate mutating func store(little number: UInt32, at index: Int) {
    for byte in 0..<4 { self[index + byte] = UInt8(truncatingIfNeeded: number >> (8 * UInt32(byte))) }
  }

  fileprivate mutating func append(_ bytes: RawSpan) {
    unsafe bytes.withUnsafeBytes { unsafe append(contentsOf: $0) }
  }

  /// The upper half of it first, each in the file's order.
  fileprivate mutating func append(time: UInt64) {
    append(little: UInt32(truncatingIfNeeded: time >> 32))
    append(little: UInt32(truncatingIfNeeded: time))
  }

  /// `code:2 · length:2 · value`, padded.
  fileprivate mutating func append(option code: UInt16, _ value: [UInt8]) {
    append(little: code)
    append(little: UInt16(truncatingIfNeeded: value.count))
    let start = count
    append(contentsOf: value)
    pad(from: start)
  }

  fileprivate mutating func append(option code: UInt16, _ value: UInt64) {
    append(little: code)
    append(little: 8 as UInt16)
    append(little: value)
  }

  fileprivate mutating func appendEndOfOptions() { append(little: 0 as UInt32) }

  fileprivate mutating func pad(from start: Int) {
    while (count - start) % 4 != 0 { append(0) }
  }

  fileprivate mutating func append(tag: UInt16, _ value: [UInt8]) {
    append(big: tag)
    append(big: UInt16(truncatingIfNeeded: value.count))
    append(contentsOf: value)
  }

  fileprivate mutating func append(tag: UInt16, _ value: UInt32) {
    append(big: tag)
    append(big: 4 as UInt16)
    append(big: value)
  }

  fileprivate mutating func append(tag: UInt16, address: Endpoint) {
    append(big: tag)
    append(big: 16 as UInt16)
    append(big: address.high)
    append(big: address.low)
  }
}
