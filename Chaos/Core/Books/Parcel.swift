import PilotWire

/// What a payload says about itself, so that whoever gets it can tell that it is the right one, whole, and new:
/// `run:8 · round:4 · sender:4 · destination:4 · stream:4 · sequence:4 · filler · CRC-32:4`.
package struct Parcel: Sendable, Equatable {
  /// Which run it belongs to.
  package var run: UInt64
  /// Counts from 1.
  package var round: UInt32
  package var sender: UInt32
  package var destination: UInt32
  /// The sender's socket or connection, by a number that grows with each new one.
  package var stream: UInt32
  /// Counts from 0 for each round, sender and destination.
  package var sequence: UInt32

  private static let headerLength = 28
  /// The shortest payload, in bytes.
  package static let minimumLength = headerLength + 4

  package init(run: UInt64, round: UInt32, sender: UInt32, destination: UInt32, stream: UInt32, sequence: UInt32) {
    self.run = run
    self.round = round
    self.sender = sender
    self.destination = destination
    self.stream = stream
    self.sequence = sequence
  }

  /// The payload, filled up to a length.
  ///
  /// - Parameter length: In bytes; at least ``minimumLength``.
  package func encoded(length: Int) -> [UInt8] {
    let length = max(length, Self.minimumLength)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(length)
    bytes.append(bigEndian: run)
    for number in [round, sender, destination, stream, sequence] { bytes.append(bigEndian: number) }
    let filler = UInt8(truncatingIfNeeded: sequence &* 31 &+ sender)
    bytes.append(contentsOf: repeatElement(filler, count: length - Self.minimumLength))
    let checksum = CRC32.checksum(bytes.span.raw)
    bytes.append(bigEndian: checksum)
    return bytes
  }

  /// Reads a payload; nil if it isn't as it was sent.
  package init?(parsing payload: RawSpan) {
    let end = payload.byteCount - 4
    guard end >= Self.headerLength else { return nil }
    guard CRC32.checksum(payload.extracting(0..<end)) == payload.bigEndian(at: end, as: UInt32.self) else { return nil }
    run = payload.bigEndian(at: 0)
    round = payload.bigEndian(at: 8)
    sender = payload.bigEndian(at: 12)
    destination = payload.bigEndian(at: 16)
    stream = payload.bigEndian(at: 20)
    sequence = payload.bigEndian(at: 24)
  }
}
