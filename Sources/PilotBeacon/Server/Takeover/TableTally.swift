import PilotWire

/// How many records went over, and the sum over all of their messages: equal on both sides, or the table is none.
struct TableTally: Equatable, Sendable {
  private(set) var records: UInt64 = 0
  private(set) var checksum: UInt32 = 0

  init() {}

  init(_ reader: inout ByteReader) throws(HandoverError) {
    records = try reader.next()
    checksum = try reader.next()
  }

  func append(_ kind: TakeoverMessage.Kind, to writer: inout ByteWriter) {
    writer.append(kind.rawValue)
    writer.append(records)
    writer.append(checksum)
  }

  /// One more message, with so many records.
  mutating func count(_ message: RawSpan, records: Int) {
    self.records &+= UInt64(records)
    checksum = CRC32.update(checksum, with: message)
  }
}
